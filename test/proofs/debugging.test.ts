// Planned breakpoints under the real debugpy: they stop at the first NaN of a real script, and on a healthy one never.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Analyzer } from '../../src/analyzer/analyzer';
import {
  conditionOf,
  type Description,
  describeExpression,
  readDescription,
  SELF_TEST,
} from '../../src/analyzer/breakpoints/condition';
import { type BreakpointPlan, type PlanOptions, watchedBy } from '../../src/analyzer/breakpoints/plan';
import { Debuggee } from '../../src/extension/features/debugging/debuggee';
import {
  type NanBreakpoint,
  type NanHit,
  NanWatch,
  type Trouble,
} from '../../src/extension/features/debugging/nan-watch';
import { DebugAdapter, type Stop } from '../harness/debug-adapter';
import { binaries } from '../unit/syntax/python-parser';

const python = process.env.NANLENS_VENV_PYTHON ?? '';

let analyzer: Analyzer;
let folder: string;
before(async () => {
  assert.ok(existsSync(python), 'run this through node scripts/proofs.mjs');
  analyzer = await Analyzer.create(binaries);
  folder = mkdtempSync(path.join(tmpdir(), 'nanlens-debugging-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

let scripts = 0;

function write(source: string): string {
  const place = path.join(folder, `run-${scripts++}`);
  mkdirSync(place);
  writeFileSync(path.join(place, 'train.py'), source);
  return path.join(place, 'train.py');
}

type Options = Partial<Omit<PlanOptions, 'kindOf'>>;

function planFor(source: string, options: Options = {}): BreakpointPlan {
  return analyzer.planBreakpoints(source, {
    target: { kind: 'everything' },
    infinities: false,
    taken: [],
    ...options,
  });
}

/** Runs the script under its planned breakpoints until the first stop or to its end. */
async function debug<T>(
  source: string,
  options: Options,
  look: (stop: Stop | undefined, session: DebugAdapter, plan: BreakpointPlan) => Promise<T>,
): Promise<T> {
  const plan = planFor(source, options);
  assert.ok(plan.breakpoints.length > 0, 'nothing was planned');
  const session = new DebugAdapter(python);
  try {
    const set = await session.launch(
      write(source),
      plan.breakpoints.map(({ line, condition }) => ({ line, condition })),
    );
    assert.deepEqual(
      set.map(({ line }) => line),
      plan.breakpoints.map(({ line }) => line),
      'a breakpoint was moved to another line: the one that was planned has no code',
    );
    return await look(await session.stop(), session, plan);
  } finally {
    await session.close();
  }
}

async function describeStop(stop: Stop, session: DebugAdapter, plan: BreakpointPlan): Promise<Description> {
  const planned = plan.breakpoints.find(({ line }) => line === stop.line);
  assert.ok(planned, `stopped at line ${stop.line}, where nothing was planned`);
  const madeOf = planned.values.flatMap((value) => value.madeOf);
  const shown = await session.evaluate(
    describeExpression(watchedBy(planned.values), madeOf),
    stop.frameId,
    'clipboard',
  );
  const description = readDescription(shown);
  assert.ok(description, shown);
  return description;
}

const MODEL = `import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)
        self.head = nn.Linear(4, 1)

    def forward(self, x, scale):
        h = torch.relu(self.body(x))
        if scale is None:
            z = h + 1
        else:
            z = h / scale
        with torch.autocast("cpu", enabled=False):
            w = z * 2
        for _ in range(2):
            w = w + 1
        return self.head(w)

torch.manual_seed(0)
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(6):
    x = torch.randn(8, 4)
    optimizer.zero_grad()
    scale = torch.zeros(4) if step == BAD else torch.ones(4)
    out = net(x.relu(), scale)
    loss = out.square().mean()
    loss.backward()
    optimizer.step()
print("the end")
`;

describe('breakpoints of a training script', () => {
  test('stop at the first NaN, on the line that runs next, and say what it is made of', async () => {
    await debug(MODEL.replace('BAD', '3'), {}, async (stop, session, plan) => {
      assert.ok(stop, 'it did not stop');
      assert.equal(stop.line, 16);
      assert.equal(await session.evaluate('step', stop.frameId), '3');
      const { faults, madeOf } = await describeStop(stop, session, plan);
      assert.deepEqual(
        faults.map(({ name, size, shape, dtype }) => ({ name, size, shape, dtype })),
        [{ name: 'z', size: 32, shape: [8, 4], dtype: 'torch.float32' }],
      );
      assert.ok((faults[0]?.nan ?? 0) > 0);
      assert.deepEqual(madeOf, [], 'what z is made of is finite');
    });
  });

  test('never stop where all is finite', async () => {
    await debug(MODEL.replace('BAD', '-1'), {}, async (stop, session) => {
      assert.equal(stop, undefined);
      assert.match(session.output, /the end/);
      assert.doesNotMatch(session.output, /Error/);
    });
  });

  test('stop before an update with gradients that are not finite, and before a loss that is infinite goes backward', async () => {
    const source = `import torch
w = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
def train(loss_of):
    for step in range(2):
        optimizer.zero_grad()
        loss = loss_of(w)
        loss.backward()
        optimizer.step()
train(lambda w: w.sum())
with torch.no_grad(): w.zero_()
train(lambda w: w.square().sum().sqrt())
with torch.no_grad(): w.zero_()
train(lambda w: -torch.log(w.abs().sum()))
`;
    await debug(source, {}, async (first, session, plan) => {
      assert.ok(first);
      assert.equal(first.line, 9);
      assert.deepEqual(
        (await describeStop(first, session, plan)).faults.map(({ name, nan }) => [name, nan]),
        [['gradient 0 of optimizer', 3]],
      );
      assert.match(await session.evaluate('loss', first.frameId), /^tensor\(0\./);
      await session.continue(first);
      let stop = await session.stop();
      while (stop && stop.line === 9) {
        await session.continue(stop);
        stop = await session.stop();
      }
      assert.equal(stop?.line, 8, 'the infinite loss is seen before it goes backward');
    });
  });
});

/** Follows a session as the extension does; what it tells is kept. */
class Followed {
  readonly hits: NanHit[] = [];
  readonly troubles: Trouble[] = [];
  readonly watch: NanWatch;
  breakpoints: NanBreakpoint[] = [];
  private readonly pending: Promise<void>[] = [];

  constructor(readonly session: DebugAdapter) {
    const debuggee = new Debuggee((command, args) => session.request(command, args));
    this.watch = new NanWatch(debuggee, {
      breakpoints: () => this.breakpoints,
      onHit: (hit) => void this.hits.push(hit),
      onTrouble: (trouble) => void this.troubles.push(trouble),
    });
    session.onMessage = (direction, message) => {
      if (direction === 'toAdapter') this.watch.toAdapter(message);
      else this.pending.push(this.watch.fromAdapter(message));
    };
  }

  /** Until all that was heard is answered. */
  async settled(): Promise<void> {
    for (let count = -1; count !== this.pending.length; ) {
      count = this.pending.length;
      await Promise.all(this.pending);
    }
  }
}

describe('a followed session', () => {
  async function follow(
    source: string,
    conditions: (plan: BreakpointPlan) => readonly { line: number; condition: string }[],
    own: readonly { line: number }[],
    look: (followed: Followed) => Promise<void>,
  ): Promise<void> {
    const plan = planFor(source);
    const script = write(source);
    const session = new DebugAdapter(python);
    const followed = new Followed(session);
    const set = conditions(plan);
    followed.breakpoints = set.map(({ line, condition }) => {
      const values = plan.breakpoints.find((planned) => planned.line === line)?.values ?? [];
      return { path: script, line, condition, values };
    });
    try {
      await session.launch(script, [...set, ...own]);
      await look(followed);
    } finally {
      await session.close();
    }
  }

  const source = `import time, numpy as np
def f(x, steps):
    for step in range(steps):
        y = np.log(x - step)
        x = x + 0 * y
    return x
np.seterr(all="ignore")
f(np.array([2.5]), 2)
print("warm")
f(np.array([2.5]), 5)
print("the end")
`;
  const planned = ({ breakpoints }: BreakpointPlan) => breakpoints;

  test('tells of the first NaN and what went into it, and of no trouble', async () => {
    await follow(source, planned, [{ line: 9 }], async (followed) => {
      const warm = await followed.session.stop();
      assert.equal(warm?.line, 9, 'a breakpoint of the user');
      await followed.settled();
      assert.equal(followed.hits.length, 0);
      await followed.session.continue(warm);
      const stop = await followed.session.stop();
      await followed.settled();
      assert.deepEqual(followed.troubles, []);
      assert.equal(stop?.line, 5);
      const [hit] = followed.hits;
      assert.equal(hit?.frame.line, 5);
      assert.deepEqual(hit.description.faults, [{ name: 'y', nan: 1, inf: 0, size: 1, shape: [1], dtype: 'float64' }]);
      assert.deepEqual(hit.description.madeOf, []);
      assert.deepEqual(
        hit.breakpoint.values.map(({ name, line, madeOf }) => ({ name, line, madeOf })),
        [{ name: 'y', line: 4, madeOf: ['x'] }],
      );
    });
  });

  test('tells that a condition is no Python, which the debugger passes over', async () => {
    const broken = (plan: BreakpointPlan) =>
      plan.breakpoints.map(({ line }) => ({ line, condition: '"NaN Lens: y" and stops(' }));
    await follow(source, broken, [], async (followed) => {
      assert.equal(await followed.session.stop(), undefined, 'it never stops');
      await followed.settled();
      assert.equal(followed.troubles[0]?.kind, 'condition');
      assert.match(followed.troubles[0].detail, /SyntaxError/);
    });
  });

  test('tells of a name that is not there, of which the debugger says nothing at all', async () => {
    const broken = (plan: BreakpointPlan) =>
      plan.breakpoints.map(({ line }) => ({ line, condition: '"NaN Lens: y" and nan_lens.stops(y)' }));
    await follow(source, broken, [{ line: 9 }], async (followed) => {
      const stop = await followed.session.stop();
      assert.equal(stop?.line, 9);
      await followed.settled();
      assert.doesNotMatch(followed.session.output, /Error/);
      assert.equal(followed.troubles[0]?.kind, 'condition');
      assert.match(followed.troubles[0].detail, /name 'nan_lens' is not defined/);
    });
  });

  test('tells where the debuggee cannot run conditions at all, before any of them is met', async () => {
    const without = `import builtins, time, numpy as np
del builtins.exec
print("gone", flush=True)
time.sleep(60)
def f(x):
    y = np.log(x)
    return y
`;
    await follow(
      without,
      () => [],
      [{ line: 4 }],
      async (followed) => {
        const stop = await followed.session.stop();
        assert.equal(stop?.line, 4);
        await followed.session.continue(stop);
        followed.breakpoints = planFor(without).breakpoints.map((each) => ({ ...each, path: 'train.py' }));
        await followed.watch.test();
        assert.deepEqual(followed.troubles, [{ kind: 'test', detail: "NameError: name 'exec' is not defined" }]);
      },
    );
  });
});

/** Each function makes one NaN, on the line that ends with its name. */
const FLOWS = `import numpy as np

def plain(x):
    y = np.log(x)  # plain
    return y

def across_lines(x):
    y = np.log(  # across_lines
        x
    )
    z = (  # across_lines, of y
        np.exp(y)
    )
    return z

def beside(x):
    y = np.log(x); z = np.exp(y)  # beside
    return z

def branch_end(x):
    if x[0] < 0:
        y = np.log(x)  # branch_end
    elif x[0] == 7:
        y = np.exp(x)
    return x

def one_line(x):
    if x[0] < 0: y = np.log(x)  # one_line
    z = x + 1
    return z

def loop_end(x):
    for i in range(2):
        y = np.log(x)  # loop_end

def while_end(x):
    while True:
        if x[0] > 5: break
        x = x + 4
        y = np.log(4 - x)  # while_end

def with_end(x):
    with np.errstate(all="ignore"):
        y = np.log(x)  # with_end

def try_end(x):
    try:
        y = np.log(x)  # try_end
    except ValueError:
        y = x
    finally:
        x = x + 0

def handler_end(x):
    try:
        raise ValueError
    except ValueError:
        y = np.log(x)  # handler_end
    else:
        y = np.exp(x)
    return x

def matched(x):
    match len(x):
        case 2:
            y = np.log(x)  # matched
    return x

def docstring_between(x):
    y = np.log(x)  # docstring_between
    """Nothing that runs."""
    global NOTHING
    return x

def returned(x):
    return np.log(x) * 2  # returned

def returned_name(x):
    y = x * 2
    return -np.log(x).sum() + y.sum()  # returned_name

class Holder:
    def attribute(self, x):
        self.state = np.log(x)  # attribute
        return x
    def subscript(self, x):
        out = {}
        out["a"] = np.log(x)  # subscript
        return out
    def pair(self, x):
        a, (b, c) = np.exp(x), (np.log(x), 1)  # pair
        return a

def augmented(x):
    x += np.log(x)  # augmented
    return 1

def inner(x):
    def deep(x):
        y = np.log(x)  # inner
        return y
    return deep(x)

def generator(x):
    y = np.log(x)  # generator
    yield y

def deliberate(x):
    mask = np.full(3, -np.inf)
    best = float("inf")
    scores = x + mask[:2]
    losses = np.full(3, np.nan)
    return 1

def ends_with(x):
    y = np.exp(x)
    y = np.log(x)

def run(function):
    print(function.__name__)
    for x in ([1.0, 2.0], [-1.0, 2.0]):
        result = function(np.array(x))  # returned, kept
        if function.__name__ == "generator": list(result)

np.seterr(all="ignore")
holder = Holder()
for function in [plain, across_lines, beside, branch_end, one_line, loop_end, while_end, with_end, try_end, handler_end, matched,
        docstring_between, returned, returned_name, holder.attribute, holder.subscript, holder.pair, augmented, inner, generator,
        deliberate, ends_with]:
    run(function)
x = np.array([-1.0])
y = np.log(x)  # top
if True:
    z = np.log(x)  # top_branch
print("the end")
`;

describe('each kind of place', () => {
  test('is seen on the line that runs next', async () => {
    const lines = FLOWS.split('\n');
    const target = { kind: 'lines', first: 1, last: lines.length } as const;
    await debug(FLOWS, { target }, async (first, session, plan) => {
      const seen = new Set<string>();
      for (let stop = first; stop; stop = await session.stop()) {
        const { faults } = await describeStop(stop, session, plan);
        const values = plan.breakpoints.find(({ line }) => line === stop?.line)?.values ?? [];
        for (const { line } of values.filter(({ name }) => faults.some((fault) => fault.name.startsWith(name)))) {
          seen.add(lines[line - 1]?.split('# ')[1] ?? `line ${line}`);
        }
        await session.continue(stop);
      }
      assert.match(session.output, /the end/);
      assert.doesNotMatch(session.output, /Error/);
      const wanted = lines.flatMap((line) => line.split('  # ')[1] ?? []);
      assert.deepEqual([...seen].sort(), wanted.sort());
      assert.deepEqual(plan.problems, [
        'x of line 52 is made where no line follows that could look at it',
        'the value returned on line 102 is seen only where it is kept',
        'y of line 117 is made where no line follows that could look at it',
      ]);
    });
  });

  test('is left to a breakpoint that stands there already', () => {
    const source = 'import numpy as np\ndef f(x):\n    y = np.log(x)\n    return y\n';
    const { breakpoints, problems } = planFor(source, { taken: [4] });
    assert.deepEqual(breakpoints, []);
    assert.deepEqual(problems, ['line 4 has a breakpoint of your own, which stays as it is']);
  });
});

/** Values by name: those that hold a NaN, and those that do not or cannot be looked into. */
const KINDS = `import collections, torch, numpy as np, jax, jax.numpy as jnp, tensorflow as tf
nan = torch.tensor([1.0, float("nan")])
Pair = collections.namedtuple("Pair", "a b")
bad = dict(half=nan.half(), bfloat=nan.bfloat16(), double=nan.double(), complex=nan + 1j, float8=nan.to(torch.float8_e4m3fn),
    grad=nan.clone().requires_grad_(), leaf=torch.nn.Parameter(nan), scalar=nan[1], view=nan.expand(3, 2).t(),
    sparse=torch.sparse_coo_tensor(torch.tensor([[0, 1]]), nan, (4,)), csr=torch.diag(nan).to_sparse_csr(),
    numpy=nan.numpy(), numpy_half=nan.half().numpy(), numpy_scalar=np.float32("nan"), number=float("nan"),
    jax=jnp.array([1.0, jnp.nan]), jax_bfloat=jnp.array([1.0, jnp.nan], jnp.bfloat16),
    tf=tf.constant([1.0, float("nan")]), tf_bfloat=tf.constant([float("nan")], tf.bfloat16), tf_variable=tf.Variable([float("nan")]),
    in_tuple=(1, nan), in_dict={"a": {"b": [nan]}}, in_pair=Pair(1, nan), in_ordered=collections.OrderedDict(a=nan))
circle = []
circle.append(circle)
class Odd:
    dtype = "float"
    def __getattr__(self, name): raise RuntimeError(name)
fine = dict(finite=torch.ones(3), infinite=torch.tensor([float("-inf")]), integer=torch.ones(3, dtype=torch.long), boolean=torch.ones(2) > 0,
    empty=torch.empty(0), meta=nan.to("meta"), quantized=torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    nested=torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), module=torch.nn.Linear(1, 1), word="nan", nothing=None, circle=circle,
    odd=Odd(), numpy_object=np.array([None, "x"], dtype=object), numpy_integer=np.arange(3), many=list(range(100000)))
traced = []
def look(x):
    traced.append(__import__("_nanlens_watch").stops(globals(), locals(), nan=["x"]))
    return x
print("ready")
torch.func.vmap(look)(torch.ones(2, 2))
jax.jit(look)(jnp.ones(2))
jax.grad(lambda x: look(x).sum())(jnp.ones(2))
tf.function(look)(tf.ones(2))
torch.fx.symbolic_trace(look)
from torch._subclasses.fake_tensor import FakeTensorMode
with FakeTensorMode(): look(torch.ones(2))
torch.random.manual_seed(3)
before = torch.get_rng_state()
print("the end")
`;

describe('each kind of value', () => {
  test('is judged without an error', async () => {
    const session = new DebugAdapter(python, { TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' });
    const lineOf = (text: string) => KINDS.split('\n').findIndex((line) => line.startsWith(text)) + 1;
    try {
      await session.launch(write(KINDS), [{ line: lineOf('print("ready")') }, { line: lineOf('print("the end")') }]);
      const stop = await session.stop();
      assert.ok(stop);
      const names = async (source: string) =>
        (await session.evaluate(`",".join(${source})`, stop.frameId, 'clipboard')).replace(/'/g, '').split(',');
      const judge = (expression: string) =>
        session.evaluate(conditionOf({ nan: [expression], nonFinite: [], gradients: [] }), stop.frameId);
      for (const name of await names('bad')) assert.equal(await judge(`bad["${name}"]`), 'True', name);
      for (const name of await names('fine')) assert.equal(await judge(`fine["${name}"]`), 'False', name);
      for (const unbound of ['nobody', 'bad.nothing["x"]', 'fine["word"][90]', '1 / 0']) {
        assert.equal(await judge(unbound), 'False', unbound);
      }
      const strict = { nan: [], nonFinite: ['fine["infinite"]'], gradients: [] };
      assert.equal(await session.evaluate(conditionOf(strict), stop.frameId), 'True');
      assert.equal(await session.evaluate(SELF_TEST, stop.frameId), 'True');
      await session.continue(stop);
      const end = await session.stop();
      assert.ok(end, session.output);
      assert.equal(await session.evaluate('traced', end.frameId), '[False, False, False, False, False, False]');
    } finally {
      await session.close();
    }
  });

  test('is described as it is counted', () => {
    assert.equal(readDescription('nonsense'), undefined);
    assert.equal(readDescription('{"faults": [{"name": 3}], "madeOf": []}'), undefined);
  });
});
