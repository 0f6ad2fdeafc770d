"""A sampler whose temperature is annealed to zero."""

import torch

torch.manual_seed(0)


def sample(logits, temperature):
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return torch.multinomial(probabilities, 1)  # blamed


for step, temperature in enumerate([1.0, 0.5, 0.0]):
    tokens = sample(torch.randn(2, 5), temperature)
    print(f"step {step} temperature={temperature} tokens={tokens.flatten().tolist()}")
