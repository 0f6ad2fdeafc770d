// Arguments that PyTorch refuses, in words that mean NaN or often do: in Python, on the device, and in generated kernels.

import { type FalseAlarm, type Sentence, sentenceFormat } from '../log/sentence-detector';

const framework = 'pytorch';

const sentences: readonly Sentence[] = [
  {
    key: 'but found invalid values',
    // Of all numbers only NaN is not real.
    text: /Expected parameter (?<param>\w+)(?: \(\w+ of shape \([\d, ]*\)\))? of distribution (?<op>\w+)\(.{0,1000}? to satisfy the constraint (?:IndependentConstraint\()?Real\([\w, ()]{0,60}, but found invalid values/,
    kind: 'invalid-argument',
    value: 'nan',
    framework,
  },
  {
    key: 'but found invalid values',
    text: /Expected parameter (?<param>\w+)(?: \(\w+ of shape \([\d, ]*\)\))? of distribution (?<op>\w+)\(.{0,1200}? but found invalid values/,
    kind: 'invalid-argument',
    framework,
    showsTensor: true,
  },
  {
    key: 'but found invalid values',
    text: /Expected value argument \(\w+ of shape \([\d, ]*\)\) to be within the support \((?:IndependentConstraint\()?Real\([\w, ()]{0,60} of the distribution (?<op>\w+)\(.{0,1000}? but found invalid values/,
    kind: 'invalid-argument',
    value: 'nan',
    framework,
  },
  {
    key: 'but found invalid values',
    text: /Expected value argument \(\w+ of shape \([\d, ]*\)\) to be within the support \(.{0,200}? of the distribution (?<op>\w+)\(.{0,1000}? but found invalid values/,
    kind: 'invalid-argument',
    framework,
    showsTensor: true,
  },
  // Before 1.9 the tensor was not shown.
  {
    key: 'has invalid values',
    text: /ValueError: The parameter (?<param>\w+) has invalid values/,
    kind: 'invalid-argument',
    framework,
    confidence: 'likely',
    why: 'NaN is outside of every constraint, but so are other values',
  },
  {
    key: 'probability tensor contains either',
    text: /probability tensor contains either `inf`, `nan` or element < 0/,
    op: 'multinomial',
    kind: 'invalid-argument',
    value: 'nonfinite',
    framework,
  },
  {
    key: 'cumdist[size - 1] >',
    text: /MultinomialKernel\.cu.{0,200}Assertion `cumdist\[size - 1\] > [^`]*` failed/,
    op: 'multinomial',
    kind: 'invalid-argument',
    value: 'nonfinite',
    framework,
    confidence: 'likely',
    why: 'the probabilities do not add up to more than 0, as NaN never does',
  },
  {
    key: 'non-finite values',
    text: /(?<op>linalg\.\w+): .{0,200}contain(?:s|ed) non-finite values/,
    kind: 'invalid-argument',
    value: 'nonfinite',
    framework,
  },
  {
    key: 'should be between 0 and 1',
    text: /all elements of (?<param>input|target) should be between 0 and 1/,
    op: 'binary_cross_entropy',
    kind: 'invalid-argument',
    framework,
    confidence: 'likely',
    why: 'a value outside 0 to 1, which NaN is for this check too: a missing sigmoid, or NaN from what computed the probabilities',
  },
  {
    key: 'Expected p_in >= 0',
    text: /Expected p_in >= 0 && p_in <= 1 to be true/,
    op: 'bernoulli',
    kind: 'invalid-argument',
    framework,
    confidence: 'likely',
    why: 'a probability outside 0 to 1, which NaN is for this check too',
  },
  {
    key: '>= zero && ',
    text: /Assertion `(?<param>input|target)_val >= zero && \w+ <= one` failed/,
    op: 'binary_cross_entropy',
    kind: 'invalid-argument',
    framework,
    confidence: 'likely',
    why: 'a value outside 0 to 1, which NaN is for this check too: a missing sigmoid, or NaN from what computed the probabilities',
  },
  {
    key: 'is non-finite, so it cannot be clipped',
    text: /The total norm of order .* is non-finite, so it cannot be clipped/,
    kind: 'grad-nonfinite',
    value: 'nonfinite',
    framework,
  },
  {
    key: '!isnan(val)',
    text: /checkForNaN.{0,200}Assertion `!isnan\(val\)` failed/,
    kind: 'invalid-argument',
    op: 'checkForNaN',
    value: 'nan',
    framework,
    why: 'NCCL looks at what a collective is given before it is sent (TORCH_NCCL_NAN_CHECK), so NaN was born on this rank',
  },
  {
    key: 'The histogram is empty, please file a bug report',
    text: /ValueError: The histogram is empty, please file a bug report/,
    op: 'add_histogram',
    kind: 'invalid-argument',
    value: 'nonfinite',
    framework,
    confidence: 'likely',
    why: 'a histogram is empty where no value is finite: TensorBoard says this of a tensor that is NaN or infinite throughout',
  },
  // Inductor's own checks (TORCHINDUCTOR_NAN_ASSERTS): a graph's arguments, then its results.
  {
    key: 'assert not ',
    text: /^assert not (?<param>primals_\w+|arg\d+_\w+)\.is(?<value>nan|inf)\(\)\.any\(\)\.item\(\)/,
    isCode: true,
    kind: 'input-nan',
    framework,
    why: 'the compiled graph was given it, so that it was born before',
  },
  {
    key: 'assert not ',
    text: /^assert not (?<param>tangents_\w+)\.is(?<value>nan|inf)\(\)\.any\(\)\.item\(\)/,
    isCode: true,
    kind: 'grad-nonfinite',
    framework,
    why: 'the compiled backward graph was given it, so that it was born in what uses the results of the forward graph',
  },
  {
    key: 'assert not ',
    text: /^assert not \w+\.is(?<value>nan|inf)\(\)\.any\(\)\.item\(\)/,
    isCode: true,
    kind: 'nan-forward',
    framework,
    why: 'a compiled graph made it of finite arguments; which of its fused operations, the check does not say',
  },
];

const falseAlarms: readonly FalseAlarm[] = [
  {
    key: 'No inf checks were recorded',
    text: /AssertionError: No inf checks were recorded for this optimizer/,
    framework,
    meaning:
      'The loss scaler failed, but not because of NaN: no parameter of this optimizer had a gradient when scaler.step was called.',
  },
  {
    key: 'Attempting to unscale FP16 gradients',
    text: /ValueError: Attempting to unscale FP16 gradients/,
    framework,
    meaning:
      'The loss scaler failed, but not because of NaN: the parameters themselves are float16, and it unscales gradients of float32 ones only.',
  },
];

export const pytorchChecks = sentenceFormat({ id: 'pytorch-check', claim: 0.75, sentences, falseAlarms });
