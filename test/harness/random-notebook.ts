// A notebook that is edited at random: cells of training code that depend on each other, and what people do to them.

/** Numbers that come again with the same seed. */
export class Random {
  constructor(private state: number) {}

  /** A whole number from 0 on and below `end`. */
  below(end: number): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * end);
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}

const SOURCES = [
  'import torch\nfrom torch import nn\nimport torch.nn.functional as F',
  '%matplotlib inline\nimport numpy as np',
  'scores = torch.randn(4, 3)',
  'weights = torch.softmax(scores, dim=-1)',
  'weights = torch.softmax(scores, dim=-1) + 1e-3',
  'loss = -torch.log(weights).mean()',
  'loss = -torch.log(weights).mean()  # nanlens: ignore[NAN101] they have a floor',
  'loss = -(weights * torch.log(weights)).sum()',
  'def entropy(p):\n    return -(p * torch.log(p)).sum(-1)',
  'h = entropy(weights)',
  'z = (scores - scores.mean()) / scores.std()',
  'model = nn.Linear(3, 1)\noptimizer = torch.optim.Adam(model.parameters(), lr=1e-3)',
  'for x in loader:\n    optimizer.zero_grad()\n    loss = model(x).mean()\n    loss.backward()\n    optimizer.step()\n    nn.utils.clip_grad_norm_(model.parameters(), 1.0)',
  'optimizer.step()',
  'loss.backward()',
  'nn.utils.clip_grad_norm_(model.parameters(), 1.0)',
  'class Net(nn.Module):\n    def forward(self, x):\n        return torch.sqrt(x.pow(2).sum(-1))',
  'net = Net()\ny = net(scores)',
  'd = torch.norm(scores, dim=-1)\nu = scores / d.unsqueeze(-1)',
  'p = np.exp(a) / np.exp(a).sum()',
  '!pip list\nprint(weights',
  'if loss != loss:\n    print("nan")',
  'mask = scores > 0\nm = scores[mask].mean()',
  '',
] as const;

export const sourceOf = (random: Random): string => random.pick(SOURCES);

/** Text as somebody leaves it in the middle of an edit: a part is gone, doubled, or of another cell. */
export function edited(text: string, random: Random): string {
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(12));
  switch (random.below(5)) {
    case 0:
      return text.slice(0, from) + text.slice(to);
    case 1:
      return `${text.slice(0, from)}${random.pick(['+ 1e-6', '\n', ' ', '#', '(', ')', 'weights', '    ', '.clamp(min=1e-6)'])}${text.slice(from)}`;
    case 2:
      return text.length > 200 ? '' : `${text}\n${sourceOf(random)}`;
    case 3:
      return sourceOf(random);
    default:
      return `\n${text}`;
  }
}
