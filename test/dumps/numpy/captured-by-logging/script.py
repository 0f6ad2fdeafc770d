import logging

import numpy as np

logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.captureWarnings(True)
log = logging.getLogger("fit")
momentum = np.float64(1.0)
for step in range(5):
    momentum = momentum * np.float64(1e100)  # blamed
    log.info("step %d momentum %.3g", step, momentum)
