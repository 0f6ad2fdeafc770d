// Sources for checkpoints: what real training code looks like, and every layout that makes insertion hard.

export const MODEL = `"""A model."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self, width: int = 8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, width), nn.ReLU())
        self.lstm = nn.LSTM(width, width)
        self.head = nn.Linear(width, 2)

    @torch.no_grad()
    def scale(self, x): return x / x.norm()

    def forward(self, x: torch.Tensor, mask=None) -> dict[str, torch.Tensor]:
        """Docs.

        More docs.
        """
        b, t = x.shape[:2]
        h = self.net(x)  # features
        h, (_, cell) = self.lstm(
            h,
        )
        h += F.relu(cell)
        if mask is not None: h = h * mask; h = h.mean(1)
        else: h = h.sum(1)
        self.last = h.detach()

        def inner(y):
            z = y @ y.T
            return z.softmax(-1), y

        out = {"logits": self.head(h)}
        out["probs"] = out["logits"].softmax(-1)
        h.clamp_(min=0)
        scores = torch.zeros(2).masked_fill(mask, float("-inf"))
        return {"logits": out["logits"], "p": torch.exp(h)}


def train(model, loader, optimizer, scaler, scheduler):
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        with torch.autocast("cpu"):
            loss = F.cross_entropy(model(x)["logits"], y)
        (loss / 4).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        total = loss.item() + 1
    return total
`;

/** Each is a function or loop whose every layout must survive. */
export const LAYOUTS: readonly string[] = [
  MODEL,
  'import torch\ndef f(x): return torch.log(x)\n',
  'import torch\ndef f(x): y = torch.log(x); return y, torch.exp(y)',
  'import torch\ndef f(x):\n\ty = torch.log(x)\n\tif y is x:\n\t\ty = torch.exp(y) ; z = y + 1;\n\treturn y',
  'import torch\r\ndef f(x):\r\n    y = torch.log(x) # c\r\n    return torch.exp(\r\n        y\r\n    )  # d\r\n',
  'import torch\rdef f(x):\r    y = torch.log(x)\r    return y\r',
  'import torch\ndef f(x):\n    y = torch.log(x) \\\n        + 1\n    z = torch.exp(y); \\\n    w = torch.exp(z)\n    if x: \\\n        w = torch.exp(w)\n    return w, *torch.chunk(z, 2)\n',
  '\ufeffimport torch\nclass A:\n  def f(self, x):\n    try: y = torch.log(x)\n    except E: y = torch.exp(x)\n    finally: z = torch.exp(x)\n    while x: y = torch.sqrt(y)\n    with a: y = torch.tan(y)\n    return lambda: y\n',
  '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\ndef f(x):\n    é = x.softmax(-1)\n    self.näme = é.log()\n    a[0], b["k"], c[i, 1:2], d[g()], _ = torch.log(é)\n    return é * 2\n',
  'import torch\nfor x in data: loss = torch.log(x); loss.backward(); optimizer.step()\nwhile True:\n    loss = torch.log(x)\n    print(loss)\n    loss.backward()\n    if ok: optimizer.step()\n    else: opt.step(); other.backward(retain_graph=True)\n',
  'import torch\nfor x in data:\n    accelerator.backward(loss)\n    scaler.scale(loss).backward()\n    self.manual_backward(out.loss)\n    scaler.step(optimizer)\n    self.optimizers[0].step()\n',
  'import torch\n@decorated\nasync def f(x):\n    y = await g(x)\n    async for z in y:\n        w: torch.Tensor = torch.log(z)\n    match w:\n        case 1: w = torch.exp(w)\n        case _:\n            w = torch.exp(w)\n    yield w\n',
  'import torch\ndef f(x):\n    return (torch.log(x))\ndef g(x):\n    return (\n        torch.log(x),  # one\n        x,\n    )\ndef h(x):\n    return torch.log(x) if x is not None else None\ndef i(x):\n    return [torch.log(x), (yield x)]\n',
  'import torch\n\nx = torch.log(y)\n',
  'import torch\ndef f(x):\n    s = """\n    y = torch.log(x)\n; _nanlens_check("y", y)\n"""\n    y = torch.log(x)  # _nanlens_checked((y), _nanlens="z")\n    return y + 1',
  'import torch\n\n\ndef f(x):\n    y = torch.log(x)\n    # a comment at the end\n\n\n\n# another\ndef g(x):\n    if x:\n        y = torch.log(x)\n    # between\n    else:\n        y = torch.exp(x)\n\n    return y\n',
];
