"""msprobe's statistics on the CPU: a ratio whose divisor is the output of a ReLU."""

import json
import os
import sys

import torch

os.chdir(sys.argv[1])
from msprobe.pytorch import PrecisionDebugger

settings = {"task": "statistics", "dump_path": "./dump", "rank": [], "step": [], "level": "mix",
            "statistics": {"scope": [], "list": [], "data_mode": ["all"], "summary_mode": "statistics"}}
with open("config.json", "w") as out:
    json.dump(settings, out)


class Ratio(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.top = torch.nn.Linear(3, 2)
        self.bottom = torch.nn.Linear(3, 2)

    def forward(self, x):
        return self.top(x) / torch.relu(self.bottom(x))  # blamed


torch.manual_seed(2)
net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), Ratio())
debugger = PrecisionDebugger(config_path="./config.json")
for step in range(2):
    x = torch.ones(2, 3) * (1.0 if step == 0 else -3.0)
    debugger.start(model=net)
    loss = net(x).square().mean()
    loss.backward()
    debugger.stop()
    debugger.step()
