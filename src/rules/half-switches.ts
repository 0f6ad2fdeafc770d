// Where a script asks a framework for float16, and the edit that asks for bfloat16 instead.

import { settingOf } from '../semantic/configuration';
import { argumentOf, keywordOf } from '../semantic/configuration-sources';
import { type DeepSpeedHalf, deepspeedHalf } from '../semantic/deepspeed';
import { derived } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import type { SemanticModel } from '../semantic/model';
import type { Argument, CallExpr, Expr, Segment } from '../syntax/ast';
import type { Span } from '../text/span';
import { type LocalEdit, oneLine, sourceOf } from './rule';

export interface HalfSwitch {
  readonly segment: Segment;
  readonly span: Span;
  /** For a message, in backticks where it is of the program. */
  readonly text: string;
  /** undefined where bfloat16 can't be put in its place. */
  readonly edits: readonly LocalEdit[] | undefined;
  readonly setting: { readonly segment: Segment; readonly span: Span } | undefined;
}

export function halfSwitches(model: SemanticModel, files: Readonly<Record<string, string>>): HalfSwitch[] {
  const calls = model.analyses.flatMap(({ segment }) =>
    candidates(model, segment).flatMap((call) => switchOf(model, segment, call) ?? []),
  );
  return [...calls, ...deepspeedHalf(model, files).map(ofDeepSpeed)];
}

const HF_ARGUMENTS = /^(transformers|trl|sentence_transformers)(\.\w+)*\.(\w*TrainingArguments|\w+Config)$/;
const LIGHTNING = /^(pytorch_lightning|lightning)(\.\w+)*\.(Trainer|Fabric)$/;
const ACCELERATE = /^accelerate(\.\w+)*\.Accelerator$/;
const KERAS =
  /^keras\.((mixed_precision|config)\.(experimental\.)?(set_global_policy|set_policy|set_dtype_policy)|mixed_precision\.(experimental\.)?Policy|(mixed_precision\.|dtype_policies\.)?DTypePolicy)$/;

/** The calls of a segment that can ask for a precision. */
function candidates(model: SemanticModel, segment: Segment): readonly CallExpr[] {
  const analysis = model.analysisOf(segment);
  if (!analysis) return [];
  return derived(analysis, candidates, () =>
    /16|precision/.test(segment.text)
      ? analysis.callExprs.filter((call) => {
          const callee = model.valueOf(segment, call.callee);
          if (callee.kind !== 'library') return false;
          const name = canonicalName(callee.name);
          return [HF_ARGUMENTS, LIGHTNING, ACCELERATE, KERAS].some((pattern) => pattern.test(name));
        })
      : [],
  );
}

function switchOf(model: SemanticModel, segment: Segment, call: CallExpr): HalfSwitch | undefined {
  const callee = model.valueOf(segment, call.callee);
  const name = callee.kind === 'library' ? canonicalName(callee.name) : '';
  if (HF_ARGUMENTS.test(name)) return hfFlag(model, segment, call);
  if (LIGHTNING.test(name)) return named(model, segment, keywordOf(call, 'precision'), LIGHTNING_NAMES);
  if (ACCELERATE.test(name)) return named(model, segment, argumentOf(call, 'mixed_precision', 2), { fp16: '"bf16"' });
  return named(model, segment, argumentOf(call, 'name', 0) ?? keywordOf(call, 'policy'), {
    mixed_float16: '"mixed_bfloat16"',
  });
}

const LIGHTNING_NAMES: Readonly<Record<string, string>> = {
  16: '"bf16"',
  '16-mixed': '"bf16-mixed"',
  '16-true': '"bf16-true"',
};

/** A precision that is given by its name, here or as a literal elsewhere in the file. */
function named(
  model: SemanticModel,
  segment: Segment,
  expr: Expr | undefined,
  names: Readonly<Record<string, string>>,
): HalfSwitch | undefined {
  const setting = expr && settingOf(model, segment, expr);
  const replacement = setting && names[String(setting.value)];
  if (!expr || !setting || replacement === undefined) return undefined;
  const isElsewhere = setting.expr !== expr;
  return {
    segment,
    span: expr,
    text: `\`${oneLine(sourceOf(segment, expr), 40)}\``,
    edits: [{ segment: setting.segment, span: setting.expr, text: replacement }],
    setting: isElsewhere ? { segment: setting.segment, span: setting.expr } : undefined,
  };
}

function hfFlag(model: SemanticModel, segment: Segment, call: CallExpr): HalfSwitch | undefined {
  const flag = call.args.find((arg) => arg.keyword === 'fp16');
  if (!flag || !isOn(model, segment, flag.value)) return undefined;
  const other = call.args.find((arg) => arg.keyword === 'bf16');
  const setting = settingOf(model, segment, flag.value);
  return {
    segment,
    span: flag,
    text: `\`${oneLine(sourceOf(segment, flag), 40)}\``,
    edits: hfEdits(segment, flag, other),
    setting: setting && setting.expr !== flag.value ? { segment: setting.segment, span: setting.expr } : undefined,
  };
}

/** `True`, or on wherever there is a GPU. */
function isOn(model: SemanticModel, segment: Segment, expr: Expr): boolean {
  if (expr.kind === 'Call')
    return model.qualifiedName(segment, expr.callee) === 'torch.cuda.is_available' && expr.args.length === 0;
  return settingOf(model, segment, expr)?.value === true;
}

function hfEdits(segment: Segment, flag: Argument, other: Argument | undefined): readonly LocalEdit[] | undefined {
  const keyword = { segment, span: { start: flag.start, end: flag.start + 'fp16'.length }, text: 'bf16' };
  if (!other) return [keyword];
  // `fp16=True, bf16=False`: the two change places.
  return [keyword, { segment, span: { start: other.start, end: other.start + 'bf16'.length }, text: 'fp16' }];
}

function ofDeepSpeed({ segment, span, dict, file }: DeepSpeedHalf): HalfSwitch {
  if (!dict) {
    const text = file ? `\`${file.name}\` (line ${file.line}: \`"fp16"\`)` : '';
    return { segment, span, text, edits: undefined, setting: undefined };
  }
  const { key, value, whole } = dict;
  const hasOther = whole.entries.some((entry) => entry.key?.kind === 'String' && entry.key.value === 'bf16');
  const quote = segment.text.charAt(key.start);
  const isPlain = sourceOf(segment, key) === `${quote}fp16${quote}`;
  const edits: LocalEdit[] = [{ segment, span: key, text: `${quote}bf16${quote}` }];
  // Loss scales are of float16 alone.
  if (value.entries.length > 1) edits.push({ segment, span: value, text: `{${quote}enabled${quote}: True}` });
  return {
    segment,
    span,
    text: `\`${quote}fp16${quote}\` of the DeepSpeed configuration`,
    edits: hasOther || !isPlain ? undefined : edits,
    setting: undefined,
  };
}
