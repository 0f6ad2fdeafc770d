// NAN506: float16 switched on for a model that is known to overflow in it.

import { type PretrainedModel, pretrainedModels } from '../semantic/pretrained';
import { type HalfSwitch, halfSwitches } from './half-switches';
import { type LocalFix, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN506',
  name: 'fp16-flag-before-baseline',
  severity: 'information',
  summary: 'float16 is switched on for a pretrained model that is known to overflow in it.',
  fixable: 'unsafe',
  docs: {
    what: 'Finds the switches for float16 of the HF Trainer, Lightning, Accelerate, Keras and DeepSpeed (a dict, or a JSON file beside the script) in files that load T5, mT5, FLAN-T5, UL2, Pegasus or Gemma.',
    why: 'These models were trained in bfloat16, and some of their activations are above 65504, where float16 ends: they become Inf, the attention NaN, and the loss NaN or a misleading 0.0.',
    remedy:
      'Use bf16, which has the range of float32, or train in float32 until a baseline stands, and only then try fp16.',
    bad: `from transformers import AutoModelForSeq2SeqLM, Seq2SeqTrainingArguments

model = AutoModelForSeq2SeqLM.from_pretrained("google/flan-t5-base")
args = Seq2SeqTrainingArguments(output_dir="out", learning_rate=1e-4, fp16=True)
`,
    good: `from transformers import AutoModelForSeq2SeqLM, Seq2SeqTrainingArguments

model = AutoModelForSeq2SeqLM.from_pretrained("google/flan-t5-base")
args = Seq2SeqTrainingArguments(output_dir="out", learning_rate=1e-4, bf16=True)
`,
  },
  on: { file: (_, context) => checkFile(context) },
};

/** Names on the hub, or of a folder that is named after them. */
const OVERFLOWING_NAMES =
  /(^|[/_-])((flan|by|long|u?m|sentence|gtr|prot)?-?_?t5|t5x?|(flan-)?ul2|t0(pp?)?|mt0|madlad\d*|pegasus|(pali)?gemma\d*)([/_.-]|$)/i;
const OVERFLOWING_TYPES =
  /^(\w+\.)?(U?M?T5|LongT5|SwitchTransformers|Pegasus|PegasusX|(Pali)?Gemma\d*)(EncoderModel|Model|For\w+|Encoder|Backbone|CausalLM|Seq2Seq\w*)$/;

function checkFile(context: RuleContext): void {
  const { model, files } = context;
  const loaded = pretrainedModels(model).find(isOverflowing);
  if (!loaded || (isFrozenEncoder(loaded) && /requires_grad_\(\s*False/.test(model.module.text))) return;
  for (const found of halfSwitches(model, files)) tell(found, loaded, context);
}

function isOverflowing({ type, name }: PretrainedModel): boolean {
  return OVERFLOWING_TYPES.test(type) || (typeof name?.value === 'string' && OVERFLOWING_NAMES.test(name.value));
}

/** A text encoder beside the model that is trained. */
function isFrozenEncoder({ type }: PretrainedModel): boolean {
  return /Encoder/.test(type);
}

function tell(found: HalfSwitch, loaded: PretrainedModel, context: RuleContext): void {
  const { segment, span, text, setting } = found;
  const model = typeof loaded.name?.value === 'string' ? loaded.name.value : loaded.type;
  context.report({
    segment,
    span,
    confidence: 'likely',
    message: `${text} asks for float16, which ends at 65504, and \`${model}\` is known to go beyond it: its loss becomes NaN. Use bfloat16, or float32 until a baseline stands.`,
    related: [
      {
        segment: loaded.segment,
        span: loaded.name?.segment === loaded.segment ? loaded.name.expr : loaded.call,
        message: `${sourceOf(loaded.segment, loaded.call.callee)} loads the model here`,
      },
      ...(setting ? [{ ...setting, message: 'the precision is set here' }] : []),
    ],
    fixes: fixes(found),
  });
}

function fixes({ edits }: HalfSwitch): LocalFix[] {
  return edits ? [{ title: 'Use bfloat16, which has the range of float32', safety: 'unsafe', edits }] : [];
}
