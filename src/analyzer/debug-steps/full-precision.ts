// Half precision off: autocast, loss scaling, casts to half, and the switches of trainers.

import { canonicalName } from '../../semantic/libraries';
import type { SemanticModel } from '../../semantic/model';
import type { CallExpr, Expr, Segment } from '../../syntax/ast';
import { ScriptEdits } from './script-edits';
import type { StepEdits } from './step';

const AUTOCAST = /^(?:torch\.autocast|torch\.(?:cuda\.|cpu\.)?amp\.(?:\w+\.)*autocast)$/;
const SCALER = /^torch\.(?:cuda\.)?amp\.(?:\w+\.)*GradScaler$/;
const ARGUMENTS = /^(?:transformers|trl|sentence_transformers)(?:\.\w+)*\.(?:\w*TrainingArguments|\w+Config)$/;
const LIGHTNING = /^(?:pytorch_lightning|lightning)(?:\.\w+)*\.(?:Trainer|Fabric)$/;
const ACCELERATE = /^accelerate(?:\.\w+)*\.Accelerator$/;
const KERAS = /^keras\.(?:mixed_precision|config)\.(?:experimental\.)?set_(?:global_policy|policy|dtype_policy)$/;
const HALF = /(?:^|\.)(?:float16|half|bfloat16)$/;

export function fullPrecision(model: SemanticModel): StepEdits {
  const script = new ScriptEdits(model, 'fullPrecision');
  for (const { segment, callExprs } of model.analyses) {
    for (const call of callExprs) turnOff(script, segment, call);
  }
  if (script.isEmpty && script.problems.length === 0) {
    script.problems.push('nothing in this file asks for half precision; a configuration file or the command line may');
  }
  return script.finish();
}

function turnOff(script: ScriptEdits, segment: Segment, call: CallExpr): void {
  const { model } = script;
  const callee = model.valueOf(segment, call.callee);
  const name = callee.kind === 'library' ? canonicalName(callee.name) : '';
  if (AUTOCAST.test(name) || SCALER.test(name)) {
    // As a decorator without parentheses it is no call, and a call of what it gives is none of it.
    setTo(script, segment, call, 'enabled', 'False');
  } else if (ARGUMENTS.test(name)) {
    for (const { keyword, value } of call.args) {
      if (/^(?:fp16|bf16|fp16_full_eval|bf16_full_eval)$/.test(keyword ?? '') && !isFalse(value))
        script.wrap(segment, value, 'False');
    }
  } else if (LIGHTNING.test(name)) replace(script, segment, valueNamed(call, 'precision'), '32');
  else if (ACCELERATE.test(name)) replace(script, segment, valueNamed(call, 'mixed_precision'), '"no"');
  else if (KERAS.test(name)) replace(script, segment, call.args[0]?.value, '"float32"');
  else if (isHalfCast(call)) script.wrap(segment, call.callee, '"float"');
  else halfArguments(script, segment, call);
}

/** `model.half()`, `x.bfloat16()`. */
function isHalfCast({ callee, args }: CallExpr): boolean {
  return args.length === 0 && callee.kind === 'Attribute' && /^(?:half|bfloat16)$/.test(callee.name);
}

/** `.to(torch.float16)`, `dtype=torch.float16`. */
function halfArguments(script: ScriptEdits, segment: Segment, call: CallExpr): void {
  for (const { value } of call.args) {
    const given = script.model.valueOf(segment, value);
    if (value.kind !== 'Attribute' || given.kind !== 'library' || !HALF.test(given.name)) continue;
    if (!/^(?:torch|jax\.numpy|tensorflow)\./.test(canonicalName(given.name))) continue;
    const home = segment.text.slice(value.object.start, value.object.end);
    if (/^[\w.]+$/.test(home)) script.wrap(segment, value, `${home}.float32`);
  }
}

function valueNamed({ args }: CallExpr, name: string): Expr | undefined {
  return args.find(({ keyword }) => keyword === name)?.value;
}

function replace(script: ScriptEdits, segment: Segment, value: Expr | undefined, wanted: string): void {
  if (!value) return;
  const isFull =
    value.kind === 'Number'
      ? value.value === 32
      : value.kind === 'String' && /^(?:32|no|float32)/.test(value.value ?? '');
  if (!isFull) script.wrap(segment, value, wanted);
}

function setTo(script: ScriptEdits, segment: Segment, call: CallExpr, name: string, wanted: string): void {
  if (call.args.some(({ unpack }) => unpack === '**')) {
    script.problem(segment, call.start, `its options come from elsewhere: write ${name}=${wanted} here`);
    return;
  }
  const given = valueNamed(call, name);
  if (!given) script.addArgument(segment, call, name, wanted);
  else if (!isFalse(given)) script.wrap(segment, given, wanted);
}

function isFalse(value: Expr): boolean {
  return value.kind === 'Constant' && value.value === false;
}
