// Each kind of place and of value that a breakpoint on the first NaN may meet, under the real debugpy.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conditionOf, readDescription, SELF_TEST } from '../../src/analyzer/breakpoints/condition';
import { DebugAdapter } from '../harness/debug-adapter';
import { debug, describeStop, planFor, prepare, python, write } from './planned-session';

prepare();

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
