// Pretrained models that a file loads: which ones, and whether all of their weights are trained.

import type { CallExpr, Segment } from '../syntax/ast';
import { type Setting, settingOf } from './configuration';
import { argumentOf } from './configuration-sources';
import { derived } from './derived';
import type { SemanticModel } from './model';

export interface PretrainedModel {
  readonly segment: Segment;
  /** The call that loads it. */
  readonly call: CallExpr;
  /** The class as it is written: "AutoModelForSeq2SeqLM". */
  readonly type: string;
  /** Its name on the hub, or its path, where that is a literal of the file. */
  readonly name: Setting | undefined;
}

/** What `from_pretrained` loads besides models. */
const NO_MODEL = /Tokenizer|Config$|Processor|FeatureExtractor|Scheduler|Pipeline|VAE|Autoencoder|Peft|LoRA|Lora/;

/** Every call of the file that loads a pretrained model of transformers, sentence-transformers or Keras. */
export function pretrainedModels(model: SemanticModel): readonly PretrainedModel[] {
  return model.analyses.flatMap((analysis) => {
    const calls = derived(analysis, pretrainedModels, () =>
      analysis.callExprs.filter(
        ({ callee }) => callee.kind === 'Attribute' && /^from_(pretrained|preset)$/.test(callee.name),
      ),
    );
    const { segment } = analysis;
    return calls.flatMap((call) => {
      const type = typeName(model, segment, call);
      if (!/^[\w.]*[A-Z]\w*$/.test(type) || NO_MODEL.test(type)) return [];
      const path = argumentOf(call, 'pretrained_model_name_or_path', 0) ?? argumentOf(call, 'preset', 0);
      return [{ segment, call, type, name: path && settingOf(model, segment, path) }];
    });
  });
}

/** The class that is loaded, as its library spells it. */
function typeName(model: SemanticModel, segment: Segment, { callee }: CallExpr): string {
  if (callee.kind !== 'Attribute') return '';
  const value = model.valueOf(segment, callee.object);
  return value.kind === 'library'
    ? value.name.slice(value.name.lastIndexOf('.') + 1)
    : segment.text.slice(callee.object.start, callee.object.end);
}

const PARTLY =
  /\bpeft\b|\btrl\b|LoraConfig|get_peft_model|PromptTuning|adapter|requires_grad\s*=\s*False|requires_grad_\(\s*False\s*\)|\bfreeze|\bfrozen/i;

/** Whether the file fine-tunes all of a pretrained transformer, or a part of it, or has none. */
export function pretrainedUse(model: SemanticModel): 'whole' | 'part' | 'none' {
  if (pretrainedModels(model).length === 0 || !model.packages.has('transformers')) return 'none';
  return model.module.segments.some(({ segment }) => PARTLY.test(segment.text)) ? 'part' : 'whole';
}
