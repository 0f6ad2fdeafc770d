"""No episode is finished, and the mean of their rewards is one of nothing.

Expected: mean nan
"""
import math

import numpy as np

from proof import report


def mean_reward(steps):
    rewards = []
    total = 0.0
    for reward, done in steps:
        total += reward
        if done:
            rewards.append(total)
            total = 0.0
    return np.mean(rewards)  # hazard


seen = mean_reward([(1.0, False), (2.0, False)])
report(math.isfinite(seen), f"mean {seen}", [mean_reward([(1.0, True), (2.0, False), (3.0, True)])])
