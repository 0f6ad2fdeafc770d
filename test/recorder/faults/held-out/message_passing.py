"""Graph network with mean aggregation by index_add."""
# group: forward
import torch
import torch.nn.functional as F
from torch import nn

import watching

torch.manual_seed(16)


class MeanConv(nn.Module):
    def __init__(self, width_in, width_out):
        super().__init__()
        self.own = nn.Linear(width_in, width_out)
        self.neighbours = nn.Linear(width_in, width_out)

    def forward(self, x, edges):
        source, target = edges
        sums = torch.zeros_like(x).index_add(0, target, x[source])
        degree = torch.zeros(len(x)).index_add(0, target, torch.ones(len(target)))
        mean = sums / degree[:, None]  # cause
        return self.own(x) + self.neighbours(mean)


class Gnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([MeanConv(5, 16), MeanConv(16, 3)])

    def forward(self, x, edges):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x, edges))
        return self.layers[-1](x, edges)


def random_graph(nodes=24, isolated=False):
    source = torch.randint(0, nodes, (96,))
    target = torch.cat([torch.arange(nodes), torch.randint(0, nodes, (72,))])
    if isolated:
        target[target == 9] = 10
    return torch.randn(nodes, 5), torch.stack([source, target]), torch.randint(0, 3, (nodes,))


graphs = [random_graph(isolated=i == 5) for i in range(10)]
model = Gnn()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
rec = watching.Recorder(model, optimizer)
for x, edges, labels in rec.watch(graphs):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, edges), labels)
    loss.backward()
    optimizer.step()
