// What a node of the autograd graph stands for, and which rules its NaN points to, as far as the name and the source line are sure.

export interface NodeExplanation {
  readonly rules: readonly string[];
  /** A clause without a full stop: why the gradient is NaN here; null where that cannot be said. */
  readonly why: string | null;
}

/** The forward operation behind a node: `PowBackward0` is `pow`, Paddle's `sqrt_grad` is `sqrt`, a custom Function keeps its class name. */
export function forwardName(node: string): string {
  const bare =
    node
      .replace(/^struct\s+/, '')
      .split('::')
      .at(-1) ?? node;
  const builtIn = /^(\w+?)Backward\d+$/.exec(bare);
  if (!builtIn) return bare.replace(/Backward$|_grad$/, '');
  return (builtIn[1] ?? bare).replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

interface NodeFact {
  readonly node: RegExp;
  /** What the source line must show, where the node alone is not enough. */
  readonly line?: RegExp;
  readonly rules: readonly string[];
  readonly why: string;
}

const halfPower =
  /\*\*\s*0?\.5\b|\bpow(?:er)?\([^()]*(?:\([^()]*\)[^()]*)*,?\s*0?\.5\s*\)|(?<!math\.)(?<!np\.)(?<!numpy\.)\br?sqrt\b/;
const smallPower = /\*\*\s*(?:0?\.\d+|\(\s*1(?:\.0?)?\s*\/)|\bpow\([^()]*0?\.\d+\s*\)/;
const logarithm = /(?<!math\.)(?<!np\.)(?<!numpy\.)\blog(?:2|10)?\(/;
const infiniteRootSlope = 'the root on this line has an infinite slope at exactly 0, and infinity times 0 is NaN';

/** In order: the first that fits explains. */
const facts: readonly NodeFact[] = [
  {
    node: /./,
    line: /\bwhere\s*\(.*\b(?:log\w*|sqrt|rsqrt|exp|pow|acos|asin|div)\b|\bwhere\s*\(.*(?:\/|\*\*)/,
    rules: ['NAN202'],
    why: 'torch.where hides a bad value but not its gradient: the branch that is not taken still multiplies 0 by infinity',
  },
  {
    node: /^(?:Log|Log2|Log10)Backward\d*$/,
    rules: ['NAN101'],
    why: 'the slope of a logarithm is infinite at exactly 0, and infinity times a zero gradient is NaN',
  },
  { node: /^Log1pBackward\d*$/, rules: ['NAN101'], why: 'the slope of log1p is infinite at exactly −1' },
  { node: /^XlogyBackward\d*$/, rules: ['NAN101'], why: 'xlogy has an infinite slope where an operand is 0' },
  { node: /^LogitBackward\d*$/, rules: ['NAN101'], why: 'logit has an infinite slope at 0 and 1' },
  {
    node: /^SqrtBackward\d*$/,
    rules: ['NAN201'],
    why: 'the slope of sqrt is infinite at exactly 0, and infinity times a zero gradient is NaN',
  },
  {
    node: /^RsqrtBackward\d*$/,
    rules: ['NAN102'],
    why: 'rsqrt is infinite at 0, and infinity times a zero gradient is NaN',
  },
  {
    node: /^(?:Div|Reciprocal)Backward\d*$/,
    rules: ['NAN102'],
    why: 'the denominator reaches 0 (or the operands overflowed)',
  },
  {
    node: /^Exp(?:m1|2)?Backward\d*$/,
    rules: ['NAN104'],
    why: 'exp overflowed to infinity, and infinity times a zero gradient is NaN',
  },
  { node: /^(?:Sinh|Cosh)Backward\d*$/, rules: ['NAN104'], why: 'the hyperbolic function overflowed to infinity' },
  {
    node: /^(?:Acos|Asin|Atanh|Acosh|Erfinv)Backward\d*$/,
    rules: ['NAN105'],
    why: 'the slope of this function is infinite at the edge of its domain',
  },
  {
    node: /^(?:CtcLoss)Backward\d*$/,
    rules: ['NAN607'],
    why: 'a target that is longer than its input has an infinite CTC loss',
  },
  {
    node: /^(?:LinalgSvd|Svd|LinalgEigh|LinalgEig|LinalgInvEx|LinalgCholeskyEx|Slogdet|LinalgSlogdet)Backward\d*$/,
    rules: ['NAN112'],
    why: 'the matrix is singular or has repeated singular values',
  },
  { node: /^PowBackward\d*$/, line: halfPower, rules: ['NAN201'], why: infiniteRootSlope },
  {
    node: /^PowBackward\d*$/,
    line: smallPower,
    rules: ['NAN106'],
    why: 'a power below 1 has an infinite slope at 0 and none below it',
  },
  {
    node: /^(?:Abs|Mul|Sum|Mean|Var|Sub|Add|Relu|Clamp\w*|Square|Pow|Select|Max|Min|Amax|Amin)Backward\d*$/,
    line: halfPower,
    rules: ['NAN201'],
    why: infiniteRootSlope,
  },
  {
    node: /^(?:Abs|Relu|Clamp\w*)Backward\d*$/,
    line: smallPower,
    rules: ['NAN106'],
    why: 'a power below 1 has an infinite slope at 0',
  },
  {
    node: /^(?:Mul|Sum|Mean|Sub|Add|Relu|Clamp\w*|Softmax|Sigmoid|Select|Index|Gather)Backward\d*$/,
    line: logarithm,
    rules: ['NAN101'],
    why: 'the logarithm on this line is infinite at exactly 0, and so is its slope; infinity times 0 is NaN',
  },
  {
    node: /^StdBackward\d*$/,
    rules: ['NAN108'],
    why: 'the standard deviation of a single element is NaN (or the gradient that came in was infinite)',
  },
];

const gradientConsumers =
  /^(?:Pow|Mul|Sum|Mean|Sub|Add|Abs|Var|Square|View|Unsafe|Expand|Addmm|Mm|Bmm|Convolution|Select|Slice|Index|Where|Clamp|Relu|Mse|Native|Softmax|LogSoftmax|Linalg|Embedding|Gather|Cat|Stack|Permute|T|Transpose|Unsqueeze|Squeeze|Clone|ToCopy|Threshold|Sigmoid|Tanh)/;

/** Losses whose own gradient with respect to finite logits is finite. */
const safeLosses = /^(?:cross_entropy|nll_loss|binary_cross_entropy_with_logits)$/;

/**
 * @param node as autograd names it, `LogBackward0`
 * @param line the user's source line that called the operation, where the artefact prints it
 * @param libraryCalls the library functions between that line and the operation, outermost first
 */
export function explainNode(node: string, line: string | null, libraryCalls: readonly string[] = []): NodeExplanation {
  const loss = libraryCalls.find((name) => safeLosses.test(name));
  if (loss !== undefined) {
    return {
      rules: [],
      why: `this is where NaN is first seen, not where it was born: ${loss} of finite values has a finite gradient, so what went into it already held NaN or infinity in the forward pass`,
    };
  }
  for (const fact of facts) {
    if (!fact.node.test(node)) continue;
    if (fact.line !== undefined && (line === null || !fact.line.test(withoutComment(line)))) continue;
    return { rules: fact.rules, why: fact.why };
  }
  const isBuiltIn = /Backward\d+$/.test(node);
  if (isBuiltIn && gradientConsumers.test(node)) {
    return {
      rules: [],
      why: 'this is where NaN is first seen, which need not be its origin: what uses this result, often a root or a quotient at exactly 0, may have sent back an infinite gradient',
    };
  }
  if (!isBuiltIn && /Backward$/.test(node) && !/^(?:CompiledFunction|CheckpointFunction)/.test(node)) {
    return { rules: [], why: `the backward method of ${forwardName(node)} itself returned NaN` };
  }
  return { rules: [], why: null };
}

function withoutComment(line: string): string {
  return line.replace(/(?<=^|\s)#.*$/, '');
}
