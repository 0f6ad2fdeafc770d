// What PyTensor's functions do to a value, and those of its forerunners Aesara and Theano, which spell them the same.

import { NUMPY } from './numpy';
import type { LibraryTable } from './table';

export const PYTENSOR: LibraryTable = {
  framework: 'pytensor',
  functions: {
    'pytensor.tensor': {
      ...NUMPY.functions.numpy,
      switch: 'where condition x y',
      sqr: 'square x',
      clip: 'clamp x min max',
      sigmoid: 'sigmoid x',
      softplus: 'softplus x',
      cast: 'cast x dtype',
      eq: 'equal x y',
      neq: 'not_equal x y',
      gt: 'greater x y',
      ge: 'greater_equal x y',
      lt: 'less x y',
      le: 'less_equal x y',
    },
    'pytensor.tensor.nnet': {
      softmax: 'softmax x',
      sigmoid: 'sigmoid x',
      softplus: 'softplus x',
      relu: 'relu x',
    },
    'pytensor.tensor.special': { softmax: 'softmax x axis', log_softmax: 'log_softmax x axis' },
    'pytensor.tensor.math': { logsumexp: 'logsumexp x axis' },
  },
  methods: {},
  modules: {},
  constants: {},
};
