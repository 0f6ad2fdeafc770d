"""Losses for weighted samples."""
from torch import Tensor


def squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    return (prediction - target).pow(2)


def weighted_mse(prediction: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    error = squared_error(prediction, target) * weight
    return error.sum() / weight.sum()  # cause
