// Runs to show, as the readers of src/dump give them.

const nothing = {
  op: null,
  outputIndex: null,
  module: null,
  param: null,
  metric: null,
  step: null,
  epoch: null,
  batch: null,
  rank: null,
  source: null,
  frames: [],
  stats: null,
  rules: [],
  span: null,
  value: 'nan',
  role: 'first',
  message: '',
};
const frame = (path, line, name, text, isUser = true) => ({ path, line, function: name, text, isUser });

const lossesExcerpt = {
  firstLine: 36,
  lines: [
    'class ContrastiveLoss(nn.Module):',
    '    def __init__(self, margin: float = 1.0) -> None:',
    '        super().__init__()',
    '    def forward(self, a: Tensor, b: Tensor, same: Tensor) -> Tensor:',
    '        squared = (a - b) ** 2',
    '        distance = torch.sqrt(squared.sum(dim=1))',
    '        apart = torch.clamp(self.margin - distance, min=0)',
    '        return torch.where(same, distance**2, apart**2).mean()',
  ],
};

/** A run of four ranks that dies in step 237, told by anomaly mode. */
export function dyingRun() {
  const steps = Array.from({ length: 237 }, (_, i) => i + 1);
  const loss = steps.map((step) => 2.3 * Math.exp(-step / 90) + 0.12 * Math.abs(Math.sin(step * 1.7)) + 0.05);
  loss[236] = Number.NaN;
  const norm = steps.map((step) => 1.5 + 0.8 * Math.sin(step / 7) ** 2);
  norm[198] = Number.POSITIVE_INFINITY;
  norm[236] = Number.NaN;
  const frames = [
    frame('/home/ada/siamese/train.py', 88, '<module>', 'main()'),
    frame('/home/ada/siamese/train.py', 71, 'main', 'loss = criterion(model(x1), model(x2), same)'),
    frame(
      '/opt/conda/lib/python3.11/site-packages/torch/nn/modules/module.py',
      1775,
      '_wrapped_call_impl',
      'return self._call_impl(*args, **kwargs)',
      false,
    ),
    frame(
      '/opt/conda/lib/python3.11/site-packages/torch/nn/modules/module.py',
      1786,
      '_call_impl',
      'return forward_call(*args, **kwargs)',
      false,
    ),
    {
      ...frame('/home/ada/siamese/losses.py', 41, 'forward', 'distance = torch.sqrt(squared.sum(dim=1))'),
      excerpt: lossesExcerpt,
    },
  ];
  const stats = (name, over) => ({
    name,
    shape: [512],
    dtype: 'float32',
    min: null,
    max: null,
    mean: null,
    absMin: null,
    absMax: null,
    nan: 0,
    posInf: 0,
    negInf: 0,
    ...over,
  });
  return {
    dump: {
      format: 'torch-anomaly',
      framework: 'pytorch',
      verdict: {
        sentence:
          'Step 237, rank 3, backward: `sqrt` at losses.py:41 has an infinite gradient because the distance is exactly 0.',
        confidence: 'likely',
      },
      anomalies: [
        {
          ...nothing,
          kind: 'nan-backward',
          op: 'SqrtBackward0',
          outputIndex: 0,
          module: 'criterion',
          step: 237,
          epoch: 4,
          rank: 3,
          source: {
            path: '/home/ada/siamese/losses.py',
            line: 41,
            function: 'forward',
            text: 'distance = torch.sqrt(squared.sum(dim=1))',
          },
          frames,
          message: "RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.",
          rules: ['NAN301'],
          stats: [
            stats('squared.sum(dim=1)', { min: 0, max: 41.25, mean: 3.0125, absMin: 0, absMax: 41.25 }),
            stats('grad of distance', {
              min: Number.NEGATIVE_INFINITY,
              max: 0.0019531,
              mean: Number.NaN,
              nan: 3,
              negInf: 1,
              absMax: Number.POSITIVE_INFINITY,
            }),
            stats('grad of squared', {
              shape: [512, 128],
              min: Number.NaN,
              max: Number.NaN,
              mean: Number.NaN,
              nan: 384,
            }),
          ],
          span: { firstLine: 812, lastLine: 815 },
        },
        {
          ...nothing,
          kind: 'overflow-skip',
          role: 'benign',
          value: 'inf',
          step: 199,
          message: 'Gradient overflow.  Skipping step, loss scaler 0 reducing loss scale to 32768.0',
        },
        {
          ...nothing,
          kind: 'warning',
          role: 'secondary',
          rank: 1,
          message: 'Connection closed by peer',
          frames: [frame('/home/ada/siamese/train.py', 74, 'main', 'loss.backward()')],
          source: { path: '/home/ada/siamese/train.py', line: 74, function: 'main', text: 'loss.backward()' },
        },
      ],
      series: [
        { name: 'learning_rate', steps, values: steps.map((step) => 1e-3 * (1 - step / 400)) },
        { name: 'grad_norm', steps, values: norm },
        { name: 'loss', steps, values: loss },
      ].slice(1),
    },
    problems: [{ message: 'The log is cut off in the middle of a line.', line: 1034 }],
    text: {
      firstLine: 810,
      lines: [
        '[rank3]: step 236 loss 0.2178 grad_norm 1.913',
        '[rank3]: Traceback (most recent call last):',
        '[rank3]:   File "/home/ada/siamese/train.py", line 74, in main',
        '[rank3]:     loss.backward()',
        "[rank3]: RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.",
        'W1123 02:11:40 torch/distributed/elastic/multiprocessing/api.py:900] Sending process 4242 closing signal SIGTERM',
      ],
      marked: { first: 811, last: 814 },
    },
  };
}

export function healthyRun() {
  const steps = Array.from({ length: 400 }, (_, i) => i);
  return {
    dump: {
      format: 'plain-log',
      framework: 'pytorch',
      verdict: { sentence: 'Nothing went wrong: 400 finite losses, no anomaly.', confidence: 'certain' },
      anomalies: [],
      series: [{ name: 'loss', steps, values: steps.map((step) => 2 / (1 + step / 30)) }],
    },
    problems: [],
  };
}

/** The loss is printed every tenth step, and the run dies between two of them. */
export function lastLossFinite() {
  const run = dyingRun();
  const steps = Array.from({ length: 24 }, (_, i) => i * 10);
  const values = steps.map((step) => 2 / (1 + step / 40));
  return { ...run, dump: { ...run.dump, series: [{ name: 'loss', steps, values }] } };
}

/** A hundred thousand readings, one of them NaN. */
export function longRun() {
  const values = Array.from({ length: 100_000 }, (_, i) => 1 + 0.5 * Math.sin(i / 500));
  values[51_234] = Number.NaN;
  const run = dyingRun();
  return { ...run, dump: { ...run.dump, series: [{ name: 'loss', steps: values.map((_, i) => i), values }] } };
}

/** Markup wherever a dump may hold text. */
export function hostileRun() {
  const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>[a](command:x)\u202e';
  const evilTensor = {
    name: evil,
    shape: [1],
    dtype: evil,
    min: Number.NaN,
    max: 1,
    mean: 1,
    absMin: 1,
    absMax: 1,
    nan: 1,
    posInf: 0,
    negInf: 0,
  };
  return {
    dump: {
      format: evil,
      framework: 'pytorch',
      verdict: { sentence: `${evil} and \`${evil}\` too`, confidence: 'unknown' },
      anomalies: [
        {
          ...nothing,
          kind: 'nan-forward',
          op: evil,
          module: evil,
          param: evil,
          metric: evil,
          message: evil,
          rules: [evil],
          source: { path: evil, line: 3, function: evil, text: evil },
          frames: [frame(evil, 3, evil, evil)],
          stats: [evilTensor],
          span: { firstLine: 1, lastLine: 1 },
        },
      ],
      series: [{ name: evil, steps: [0, 1], values: [1, Number.NaN] }],
      operations: {
        order: 'execution',
        total: 1,
        entries: [
          {
            name: evil,
            phase: 'forward',
            module: evil,
            source: { path: evil, line: 3, function: evil },
            inputs: [evilTensor],
            outputs: [evilTensor],
            parameters: [evilTensor],
            nonFinite: true,
          },
        ],
      },
      recording: {
        schemaVersion: 1,
        run: {
          id: evil,
          startedAt: evil,
          script: evil,
          python: evil,
          frameworkVersion: evil,
          device: evil,
          worldSize: 2,
        },
        batch: { index: 0, badRows: [0], sampleIndices: [7], tensors: [evilTensor] },
        fidelity: { bitIdentical: false, lossThen: Number.NaN, lossReplayed: 1, notes: [evil] },
        ranks: [
          { rank: 0, role: 'first', step: 1 },
          { rank: 1, role: 'consequence', step: 1 },
        ],
        tensorsFile: evil,
      },
    },
    problems: [{ message: evil, line: 1 }],
    text: { firstLine: 1, lines: [evil], marked: { first: 1, last: 1 } },
  };
}
