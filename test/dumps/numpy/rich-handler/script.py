import logging

import numpy as np
from rich.logging import RichHandler

logging.basicConfig(level="INFO", format="%(message)s", datefmt="[%X]", handlers=[RichHandler()])
logging.captureWarnings(True)
log = logging.getLogger("fit")


def softmax_of_the_scores(scores):
    return np.exp(scores) / np.exp(scores).sum()  # blamed


for step in range(4):
    log.info("step %d largest %.4f", step, softmax_of_the_scores(np.array([10.0**step, 1.0])).max())
