import numpy as np

np.seterr(all="raise")


def boltzmann(energies, temperature):
    weights = np.exp(-energies / temperature)  # blamed
    return weights / weights.sum()


for step in range(5):
    temperature = 1.0 / 10**step
    print("step", step, "largest", boltzmann(np.array([-1.0, 0.0, 2.0]), temperature).max())
