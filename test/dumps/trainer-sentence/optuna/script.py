"""A study whose second trial returns NaN."""

import optuna


def objective(trial):
    rate = trial.suggest_float("rate", 0.01, 1.0)
    return float("nan") if trial.number == 1 else rate


optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3)).optimize(objective, n_trials=3)
