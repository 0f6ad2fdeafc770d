// NAN705: a padded batch is given to a model, or averaged, as if the padding were text.

import { mentions } from '../semantic/derived';
import type { SemanticModel } from '../semantic/model';
import { asQuantity } from '../semantic/value';
import type { CallExpr, Expr, Segment } from '../syntax/ast';
import { bindingBefore } from './file-scope';
import { batchOf, entryOf, type PaddedBatch } from './padded-batches';
import { oneLine, type Report, type Rule, type RuleContext, sourceOf } from './rule';

export const rule: Rule = {
  code: 'NAN705',
  name: 'padding-without-mask',
  severity: 'warning',
  summary: 'A padded batch reaches a model, or a mean, without its attention mask.',
  needs: ['transformers'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds token ids of a batch that a tokenizer has padded and that a model is given without `attention_mask`, and means over the tokens of its output that count the padding.',
    why: 'The model attends to padding as to text, so that what it says of one text depends on how long the others in the batch are; a mean over padded places is mostly of padding. The loss is wrong without being NaN, and with labels that are all padding it is NaN.',
    remedy: 'Give the model the whole batch, and take means over the places where the mask is 1.',
    bad: `from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModel.from_pretrained("bert-base-uncased")


def embed(texts):
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    return model(batch["input_ids"]).last_hidden_state[:, 0]
`,
    good: `from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModel.from_pretrained("bert-base-uncased")


def embed(texts):
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    return model(batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state[:, 0]
`,
  },
  on: { file: checkFile },
};

function checkFile(_: unknown, context: RuleContext): void {
  const { model } = context;
  if (!mentions(model, PADDING) || mentions(model, TEXT_FOR_PICTURES)) return;
  for (const { segment, callExprs } of model.analyses) {
    if (!/input_ids|last_hidden_state|\.mean\(|mean\(/.test(segment.text)) continue;
    for (const call of callExprs) {
      const report = givenWithoutMask(model, segment, call) ?? averaged(model, segment, call);
      if (report) context.report(report);
    }
  }
}

const PADDING = /padding/;
/** Encoders of text for pictures are trained on padding of a fixed length, and read it without a mask. */
const TEXT_FOR_PICTURES = /\bdiffusers\b|DiffusionPipeline|CLIPTextModel/;

const padded = ({ call, segment }: PaddedBatch) => ({ segment, span: call, message: 'the batch is padded here' });

// ---------------------------------------------------------------- model(enc["input_ids"])

function givenWithoutMask(model: SemanticModel, segment: Segment, call: CallExpr): Report | undefined {
  if (!isModel(model, segment, call.callee) || call.args.some(({ unpack }) => unpack !== '')) return undefined;
  // What stands beside the ids by position, or is called a mask, is the mask.
  const positional = call.args.filter(({ keyword }) => keyword === undefined);
  if (positional.length > 1 || call.args.some(({ keyword }) => keyword?.includes('mask'))) return undefined;
  const ids = call.args.find(({ keyword }) => keyword === 'input_ids')?.value ?? positional[0]?.value;
  const entry = ids && entryOf(model, segment, ids);
  if (!ids || entry?.key !== 'input_ids') return undefined;
  const text = oneLine(sourceOf(segment, ids), 40);
  const mask = maskFor(ids, entry.other('attention_mask'));
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: `\`${text}\` is padded, and \`${oneLine(sourceOf(segment, call.callee), 30)}\` is given no \`attention_mask\`: it reads the padding as text. This is a wrong result, not a NaN.`,
    related: [padded(entry.batch)],
    fixes: mask
      ? [
          {
            title: 'Give it the attention mask',
            safety: 'unsafe',
            edits: [{ segment, span: { start: ids.end, end: ids.end }, text: `, attention_mask=${mask}` }],
          },
        ]
      : [],
  };
}

/** Where the ids have a name of their own, the batch has one as well, but may be something else by now. */
function maskFor(ids: Expr, written: string): string | undefined {
  return ids.kind === 'Name' ? undefined : written;
}

/** Models that a library has loaded, and names that say so. */
function isModel(model: SemanticModel, segment: Segment, callee: Expr): boolean {
  if (callee.kind === 'Attribute' && callee.name === 'generate') return isModel(model, segment, callee.object);
  const made = asQuantity(model.valueOf(segment, callee)).madeBy ?? '';
  if (/^transformers\..*from_pretrained$/.test(made)) return !/Tokenizer|Processor|Config/.test(made);
  const name = callee.kind === 'Name' ? callee.id : callee.kind === 'Attribute' ? callee.name : '';
  return /^(\w+_)?(model|bert|roberta|gpt2?|llm|lm)$/i.test(name);
}

// ---------------------------------------------------------------- out.last_hidden_state.mean(dim=1)

/** The mean over all tokens of what a model gives for a padded batch. */
function averaged(model: SemanticModel, segment: Segment, call: CallExpr): Report | undefined {
  const { callee } = call;
  const isMethod = callee.kind === 'Attribute' && callee.name === 'mean';
  const isFunction = model.qualifiedName(segment, callee) === 'torch.mean';
  if (!isMethod && !isFunction) return undefined;
  const hidden = isFunction ? call.args[0]?.value : callee.kind === 'Attribute' ? callee.object : undefined;
  const axis =
    call.args.find(({ keyword }) => keyword === 'dim' || keyword === 'axis')?.value ??
    call.args[isFunction ? 1 : 0]?.value;
  // The second dimension is that of the tokens.
  if (!hidden || axis?.kind !== 'Number' || axis.value !== 1) return undefined;
  const output = hiddenOf(model, segment, hidden);
  const source = output && givenBatch(model, output.segment, output.call);
  if (!source) return undefined;
  const { batch, name } = source;
  const text = oneLine(sourceOf(segment, hidden), 40);
  const mask = `${name}["attention_mask"]`;
  const isNear = model.enclosingFunction(segment, call) === model.enclosingFunction(batch.segment, batch.call);
  return {
    segment,
    span: call,
    confidence: 'likely',
    message: `The mean of \`${text}\` counts the padding of the batch like text. This is a wrong result, not a NaN; take it over the places where the attention mask is 1.`,
    related: [padded(batch)],
    fixes: isNear
      ? [
          {
            title: 'Leave the padding out of the mean',
            safety: 'unsafe',
            edits: [
              {
                segment,
                span: call,
                text: `((${sourceOf(segment, hidden)} * ${mask}.unsqueeze(-1)).sum(dim=1) / ${mask}.sum(dim=1, keepdim=True).clamp(min=1))`,
              },
            ],
          },
        ]
      : [],
  };
}

/** The call of the model in `model(**batch).last_hidden_state`, `out[0]`, a name of either. */
function hiddenOf(
  model: SemanticModel,
  segment: Segment,
  expr: Expr,
  depth = 0,
): { readonly segment: Segment; readonly call: CallExpr } | undefined {
  if (depth > 4) return undefined;
  if (expr.kind === 'Name') {
    const made = bindingBefore(model, segment, expr.id, expr);
    return made?.value && hiddenOf(model, made.segment, made.value, depth + 1);
  }
  const isHidden =
    (expr.kind === 'Attribute' && expr.name === 'last_hidden_state') ||
    (expr.kind === 'Subscript' &&
      ((expr.indices[0]?.kind === 'Number' && expr.indices[0].value === 0) ||
        (expr.indices[0]?.kind === 'String' && expr.indices[0].value === 'last_hidden_state')));
  if (!isHidden || (expr.kind !== 'Attribute' && expr.kind !== 'Subscript')) return undefined;
  const { object } = expr;
  if (object.kind === 'Call') return isModel(model, segment, object.callee) ? { segment, call: object } : undefined;
  if (object.kind !== 'Name') return undefined;
  const made = bindingBefore(model, segment, object.id, object);
  return made?.value?.kind === 'Call' && isModel(model, made.segment, made.value.callee)
    ? { segment: made.segment, call: made.value }
    : undefined;
}

/** The padded batch that a model is given whole, or by its ids, and the name that it has. */
function givenBatch(
  model: SemanticModel,
  segment: Segment,
  call: CallExpr,
): { readonly batch: PaddedBatch; readonly name: string } | undefined {
  for (const { unpack, value } of call.args) {
    const whole = unpack === '**' ? value : undefined;
    const part = value.kind === 'Subscript' || value.kind === 'Attribute' ? value.object : undefined;
    const source = whole ?? part;
    const batch = source?.kind === 'Name' ? batchOf(model, segment, source) : undefined;
    if (batch && source) return { batch, name: sourceOf(segment, source) };
  }
  return undefined;
}
