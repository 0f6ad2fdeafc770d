// NAN702: a table is read and given to a model, and nobody looks for missing entries on the way.

import { derived } from '../semantic/derived';
import { canonicalName } from '../semantic/libraries';
import { type Loaded, loadedHere } from '../semantic/loaded';
import type { SemanticModel } from '../semantic/model';
import { asQuantity, type Value } from '../semantic/value';
import type { CallExpr, Expr, Node, Segment } from '../syntax/ast';
import { indentationAt, newlineOf, wholeLines } from './lines';
import { type LocalFix, oneLine, type Rule, type RuleContext, sourceOf } from './rule';
import { isInside } from './statements';

export const rule: Rule = {
  code: 'NAN702',
  name: 'unchecked-missing-values',
  severity: 'information',
  summary: 'A table is read and given to a model, and nothing looks for missing values.',
  needs: ['torch', 'tensorflow', 'keras', 'tf_keras', 'jax'],
  fixable: 'unsafe',
  docs: {
    what: 'Finds numbers that `pd.read_csv` and its kin or `np.genfromtxt` have read and that become a tensor or reach `fit`, in a file that nowhere asks for missing values, drops or fills them. Said once for each table that is read.',
    why: 'An empty cell is read as NaN without a word. It passes through a scaler, and one of it in a batch makes the loss NaN, the gradients NaN and, after the next step, every weight.',
    remedy: 'Drop or fill missing values after reading, or assert that there are none.',
    bad: `import pandas as pd
import torch

df = pd.read_csv("houses.csv")
X = torch.tensor(df[["rooms", "area"]].values, dtype=torch.float32)
`,
    good: `import pandas as pd
import torch

df = pd.read_csv("houses.csv")
df = df.dropna()
X = torch.tensor(df[["rooms", "area"]].values, dtype=torch.float32)
`,
  },
  on: { file: checkFile },
};

function checkFile(_: unknown, context: RuleContext): void {
  const { model } = context;
  const sinks = model.analyses.flatMap((analysis) =>
    derived(analysis, sinkAt, () => analysis.callExprs.flatMap((call) => sinkAt(model, analysis.segment, call) ?? [])),
  );
  if (sinks.length === 0 || looksForMissing(model)) return;
  const told = new Set<CallExpr>();
  for (const { segment, expr, loaded } of sinks) {
    if (told.has(loaded.call)) continue;
    told.add(loaded.call);
    const text = oneLine(sourceOf(segment, expr), 50);
    const read = oneLine(sourceOf(loaded.segment, loaded.call.callee), 40);
    context.report({
      segment,
      span: expr,
      confidence: 'likely',
      message: `\`${text}\` comes from \`${read}\`, and nothing looks for missing values on the way: an empty cell is NaN, and one makes the whole loss NaN. Drop or fill them.`,
      related: [loadedHere(loaded)],
      fixes: fixes(model, loaded),
    });
  }
}

// ---------------------------------------------------------------- where it becomes a model's

interface Sink {
  readonly segment: Segment;
  readonly expr: Expr;
  readonly loaded: Loaded;
}

const TENSORS =
  /^(torch\.(tensor|as_tensor|from_numpy|FloatTensor|Tensor|DoubleTensor)|tensorflow\.(constant|convert_to_tensor|data\.Dataset\.from_tensor_slices)|jax\.numpy\.(array|asarray)|keras\.ops\.convert_to_tensor)$/;
const KERAS_MODELS = /^keras\.(models\.)?(Sequential|Model)$/;

function sinkAt(model: SemanticModel, segment: Segment, call: CallExpr): Sink | undefined {
  const callee = model.valueOf(segment, call.callee);
  const isTensor = callee.kind === 'library' && TENSORS.test(canonicalName(callee.name));
  if (!isTensor && !isKerasFit(callee)) return undefined;
  const [given] = call.args;
  if (given?.unpack !== '') return undefined;
  const value = asQuantity(first(model.valueOf(segment, given.value)));
  if (!value.loaded || isWhole(model, segment, call, value.dtype)) return undefined;
  // What a tensor is made of is told of where it is made.
  const expr = isTensor ? call : given.value;
  return { segment, expr, loaded: value.loaded };
}

/** Of the pair `(features, labels)` the features. */
function first(value: Value): Value {
  return value.kind === 'sequence' ? (value.elements[0] ?? value) : value;
}

function isKerasFit(callee: Value): boolean {
  return (
    callee.kind === 'method' &&
    callee.name === 'fit' &&
    callee.receiver.kind === 'instance' &&
    KERAS_MODELS.test(canonicalName(callee.receiver.className))
  );
}

/** Ids: where a table has none of them, making them whole numbers raises an error, or text was read. */
function isWhole(model: SemanticModel, segment: Segment, call: CallExpr, dtype: string | undefined): boolean {
  if (dtype === 'integer' || dtype === 'bool') return true;
  const made = asQuantity(model.valueOf(segment, call));
  const parent = model.parentOf(segment, call);
  return (
    made.dtype === 'integer' ||
    (parent?.kind === 'Attribute' && /^(long|int|bool)$/.test(parent.name)) ||
    isCastToWhole(model, segment, parent)
  );
}

/** `torch.from_numpy(ids).to(torch.long)` */
function isCastToWhole(model: SemanticModel, segment: Segment, method: Node | undefined): boolean {
  const cast = method?.kind === 'Attribute' ? model.parentOf(segment, method) : undefined;
  return cast?.kind === 'Call' && asQuantity(model.valueOf(segment, cast)).dtype === 'integer';
}

// ---------------------------------------------------------------- who looks for missing entries

const LOOKS =
  /^(isna|isnull|notna|notnull|dropna|fillna|interpolate|ffill|bfill|pad|backfill|nan_to_num|nanmean|nanmedian|nanstd|masked_invalid|check_numerics|assert_all_finite|hasnans|(Simple|KNN|Iterative|Missing)\w*Imputer|impute\w*|clean\w*|remove_nan\w*|drop_na\w*|fill_na\w*)$/;

/** A test for NaN, which may be one of the loss. */
const TESTS = /^(isnan|isfinite|isinf|is_nan|is_finite)$/;
const RESULTS = /loss|grad|norm|weight|param|logit|output|score|cost|pred|history/i;

function looks(segment: Segment, { callee, args }: CallExpr): boolean {
  const name = callee.kind === 'Attribute' ? callee.name : callee.kind === 'Name' ? callee.id : '';
  if (LOOKS.test(name)) return true;
  if (!TESTS.test(name)) return false;
  const tested = args[0]?.value ?? (callee.kind === 'Attribute' ? callee.object : callee);
  return !RESULTS.test(sourceOf(segment, tested));
}

function looksForMissing(model: SemanticModel): boolean {
  return model.analyses.some((analysis) =>
    derived(analysis, looks, () => analysis.callExprs.some((call) => looks(analysis.segment, call))),
  );
}

// ---------------------------------------------------------------- fixes

/** Below the statement that reads the table into a name. */
function fixes(model: SemanticModel, { call, segment, by }: Loaded): LocalFix[] {
  const stmt = model.statementOf(segment, call);
  const [target] = stmt?.kind === 'Assign' ? stmt.targets : [];
  const whole = stmt && wholeLines(segment, stmt, false);
  if (stmt?.kind !== 'Assign' || !target || !whole || !isInside(call, stmt.value)) return [];
  if (target.kind !== 'Name' && target.kind !== 'Attribute') return [];
  // `pd.read_csv(path)["price"]`, `pd.read_csv(path).values`
  const isTable = stmt.value === call && by.startsWith('pandas.');
  const isArray = stmt.value === call && by === 'numpy.genfromtxt';
  if (!isTable && !isArray) return [];
  const name = sourceOf(segment, target);
  const insert = (title: string, line: string): LocalFix => {
    const [indentation, newline] = [indentationAt(segment, stmt.start), newlineOf(segment)];
    const isTerminated = /[\r\n]$/.test(segment.text.slice(0, whole.end));
    const text = `${isTerminated ? '' : newline}${indentation}${line}${newline}`;
    return { title, safety: 'unsafe', edits: [{ segment, span: { start: whole.end, end: whole.end }, text }] };
  };
  if (isTable)
    return [
      insert('Drop rows with missing values', `${name} = ${name}.dropna()`),
      insert('Fill missing values with the median', `${name} = ${name}.fillna(${name}.median(numeric_only=True))`),
    ];
  const numpy = model.nameFor('numpy');
  if (numpy === undefined) return [];
  return [
    insert('Drop rows with missing values', `${name} = ${name}[~${numpy}.isnan(${name}).any(axis=-1)]`),
    insert('Fill missing values with 0', `${name} = ${numpy}.nan_to_num(${name})`),
  ];
}
