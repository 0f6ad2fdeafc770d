"""Warnings go through logging, and the traceback through logger.exception."""

import logging

import torch

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s [%(levelname)s] %(message)s")
logging.captureWarnings(True)
logger = logging.getLogger("trainer")
torch.autograd.set_detect_anomaly(True)


def spectral_loss(x):
    return torch.acos(x.clamp(-1, 1)).sum()  # blamed


x = torch.tensor([0.2, 0.6], requires_grad=True)
try:
    for iteration in range(100, 108):
        loss = spectral_loss(x * 1.0) * (0.0 if iteration == 106 else 1.0)
        loss.backward()
        logger.info("iteration %d | loss %.4f", iteration, loss.item())
        with torch.no_grad():
            x += 0.1
            x[1] = min(x[1].item(), 1.0)
except RuntimeError:
    logger.exception("training failed")
    raise SystemExit(1)
