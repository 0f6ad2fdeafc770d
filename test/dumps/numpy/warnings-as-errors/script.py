import warnings

import numpy as np

warnings.simplefilter("error")


def shares(counts):
    return counts / counts.sum()  # blamed


for batch in range(4):
    print("batch", batch, shares(np.array([3.0, 1.0]) * (2 - batch)).max())
