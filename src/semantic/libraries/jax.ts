// What JAX's NumPy, jax.nn, jax.scipy and Optax losses do to a value. Elementwise names are NumPy's own.

import { NUMPY } from './numpy';
import type { LibraryTable } from './table';

const NN: Readonly<Record<string, string>> = {
  softmax: 'softmax x axis where initial',
  log_softmax: 'log_softmax x axis where initial',
  log_sigmoid: 'log_softmax x',
  sigmoid: 'sigmoid x',
  tanh: 'tanh x',
  relu: 'relu x',
  relu6: 'relu x',
  softplus: 'softplus x',
  elu: 'elu x alpha',
  gelu: 'gelu x approximate',
  silu: 'gelu x',
  swish: 'gelu x',
  leaky_relu: 'unbounded x negative_slope',
  logsumexp: 'logsumexp x:a axis',
  one_hot: 'one_hot x num_classes * dtype axis',
  standardize: 'unbounded x axis',
};

const OPTAX_LOSSES: Readonly<Record<string, string>> = {
  softmax_cross_entropy: 'softmax_cross_entropy x:logits target:labels axis where',
  softmax_cross_entropy_with_integer_labels: 'sparse_cross_entropy x:logits target:labels',
  sigmoid_binary_cross_entropy: 'sigmoid_cross_entropy x:logits target:labels',
  sigmoid_focal_loss: 'sigmoid_cross_entropy x:logits target:labels alpha gamma',
  l2_loss: 'nonnegative_loss x:predictions target:targets',
  squared_error: 'nonnegative_loss x:predictions target:targets',
  huber_loss: 'nonnegative_loss x:predictions target:targets',
  log_cosh: 'nonnegative_loss x:predictions target:targets',
  kl_divergence: 'kl_divergence x:log_predictions target:targets axis where',
  kl_divergence_with_log_targets: 'kl_divergence x:log_predictions target:log_targets axis where',
  convex_kl_divergence: 'kl_divergence x:log_predictions target:targets axis where',
  hinge_loss: 'nonnegative_loss x:predictor_outputs target:targets',
  cosine_similarity: 'normalized x:predictions target:targets epsilon',
  ctc_loss: 'loss x:logits',
};

export const JAX: LibraryTable = {
  framework: 'jax',
  functions: {
    'jax.numpy': {
      ...NUMPY.functions.numpy,
      clip: 'clamp x:arr|a min:min|a_min max:max|a_max',
      // XLA has no memory that nobody has written.
      empty: 'zeros shape dtype',
      empty_like: 'zeros shape:prototype dtype',
    },
    'jax.numpy.linalg': NUMPY.functions['numpy.linalg'] ?? {},
    'jax.scipy.linalg': {
      cholesky: 'cholesky x:a',
      cho_factor: 'cholesky x:a',
      inv: 'inverse x:a',
      solve: 'solve x:a y:b',
      eigh: 'eigh x:a',
      svd: 'svd x:a',
    },
    'jax.nn': NN,
    'flax.linen': NN,
    'jax.lax': {
      top_k: 'topk x:operand k',
      pmean: 'mean x axis_name',
      psum: 'sum x axis_name',
      pmax: 'largest x axis_name',
      pmin: 'smallest x axis_name',
      log: 'log x',
      log1p: 'log1p x',
      exp: 'exp x',
      logistic: 'sigmoid x',
      rsqrt: 'rsqrt x',
      sqrt: 'sqrt x',
      clamp: 'clamp min x max',
      stop_gradient: 'detach x',
      div: 'divide x y',
      pow: 'power x y',
      sign: 'sign x',
      square: 'square x',
      reciprocal: 'reciprocal x',
      select: 'where condition:pred x:on_true y:on_false',
      abs: 'abs x',
      max: 'maximum x y',
      min: 'minimum x y',
    },
    'jax.scipy.special': NUMPY.functions['scipy.special'] ?? {},
    'jax.random': {
      uniform: 'uniform key shape dtype low:minval high:maxval',
      normal: 'normal key shape dtype',
      randint: 'integers key shape low:minval high:maxval dtype',
    },
    'optax.losses': OPTAX_LOSSES,
    optax: {
      ...OPTAX_LOSSES,
      global_norm: 'norm x:updates',
      safe_norm: 'unbounded x min_norm ord axis keepdims',
      safe_root_mean_squares: 'unbounded x min_rms',
    },
  },
  methods: {},
  modules: {},
  constants: { 'jax.numpy.pi': Math.PI, 'jax.numpy.e': Math.E, 'jax.numpy.inf': Number.POSITIVE_INFINITY },
};
