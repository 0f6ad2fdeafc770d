// What torch's DebugMode.debug_string() shows: every operation with its tensors by name, so that the flow of data is known, and what a hook said of each result.

import { isUserPath, sourceOf } from '../frames';
import type { LineSpan, LogContext, LogDetector, LogEvidence, LogFormat, Sighting } from '../log/detector';
import type { LogLine } from '../log/prefix';
import type { Frame, NonFinite, RecordedOperation, TensorStats } from '../model';
import { parsePythonNumber, pythonNumberPattern } from '../python-number';

export const torchDebugMode: LogFormat = {
  id: 'torch-debug-mode',
  detect: (context) => new DebugModeDetector(context),
};

const maxOperations = 20_000;
const maxTensors = 200_000;
const maxTensorsOfOperation = 64;
const arrow = '  ->  ';
const opening = /^( *)(\w+::\w+(?:\.\w+)?)\(/;
const region = /^( *)\[nn\.Mod(?: \((compile(?: bwd)?)\))?\] (\S+)$/;
const sourceComment = /^ *# File: (.+?):(\d+) in (.+?)(?:, code: (.*))?$/;
const tensor = /\b(d?t(?:\$\d+)?): ([a-z]\w*)\[([\d, ]*)\]/g;
const hookPair = new RegExp(String.raw`'([^']{1,60})': (?:\w+\()?(${pythonNumberPattern}|True|False)`, 'g');
/** What autograd begins with: the gradient of the loss with respect to itself. */
const backwardSeed = /::ones_like\(.*\[\].*memory_format=/;

/** Operations that move or copy values and make none. */
const passing =
  /::(?:t|view|_unsafe_view|reshape|expand|detach|slice|select|transpose|permute|squeeze|unsqueeze|clone|_to_copy|alias|split|cat|stack|index|gather|as_strided|copy_)(?:\.|$)/;
/** Operations whose infinity is usually meant: masks. */
const masking = /::(?:masked_fill_?|full|full_like|fill_?|where|scalar_tensor|new_full|triu_?|tril_?)(?:\.|$)/;
/** Memory as it was found: what stands in it says nothing. */
const unset = /::(?:new_)?empty(?:_like|_strided)?(?:\.|$)/;
const hazards: readonly { readonly op: RegExp; readonly rule: string }[] = [
  { op: /::log(?:2|10)?(?:\.|$)/, rule: 'NAN101' },
  { op: /::(?:div|reciprocal|rsqrt)(?:\.|$)/, rule: 'NAN102' },
  { op: /::exp(?:m1|2)?(?:\.|$)/, rule: 'NAN104' },
];

type Health = 'finite' | 'inf' | 'nan';

interface Operation {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  readonly rank: number | null;
  readonly module: string | null;
  readonly isBackward: boolean;
  readonly frame: Frame | null;
  readonly inputs: readonly TensorStats[];
  readonly outputs: readonly TensorStats[];
  readonly health: Health | null;
  /** The operations that made its inputs, where their tensors have names. */
  readonly makers: readonly Operation[];
  /** Whether an input was made by none of those shown. */
  readonly hasUnknownInput: boolean;
}

class DebugModeDetector implements LogDetector {
  private readonly operations: Operation[] = [];
  private count = 0;
  private readonly makers = new Map<string, Operation>();
  private regions: { depth: number; module: string; isBackward: boolean }[] = [];
  private frame: Frame | null = null;
  private isBackward = false;
  private firstNan: Operation | null = null;
  private firstInf: Operation | null = null;
  private span: { firstLine: number; lastLine: number } | null = null;

  constructor(private readonly context: LogContext) {}

  onLine(line: LogLine): void {
    const { text } = line;
    if (text.includes('::')) this.operationLine(line);
    else if (text.includes('[nn.Mod')) this.regionLine(line);
    else if (text.includes('# File: ')) this.sourceLine(line);
  }

  private regionLine({ text }: LogLine): void {
    const match = region.exec(text);
    if (match === null) return;
    const depth = match[1]?.length ?? 0;
    const isBackward = match[2] === 'compile bwd';
    // A module is entered again: the next forward pass.
    this.isBackward = isBackward;
    this.leave(depth);
    this.regions.push({ depth, module: match[3] ?? '', isBackward });
  }

  private sourceLine({ text }: LogLine): void {
    const match = sourceComment.exec(text);
    if (match === null) return;
    const path = match[1] ?? '';
    this.frame = {
      path,
      line: Number(match[2]),
      function: match[3] ?? null,
      text: match[4] ?? null,
      isUser: isUserPath(path),
    };
  }

  private operationLine(line: LogLine): void {
    const { text } = line;
    const head = opening.exec(text);
    const end = text.indexOf(arrow);
    if (head === null || end < 0) return;
    const hookAt = text.lastIndexOf('  # {');
    const results = text.slice(end + arrow.length, hookAt > end ? hookAt : undefined);
    const outputs = tensorsOf(results);
    const inputs = tensorsOf(text.slice(head[0].length, end));
    if (outputs.length === 0 && inputs.length === 0) return;
    this.leave(head[1]?.length ?? 0);
    if (this.regions.length === 0 && backwardSeed.test(text)) this.isBackward = true;
    this.add(line, head[2] ?? '', inputs, outputs, hookAt > end ? text.slice(hookAt) : null);
  }

  private add(line: LogLine, name: string, inputs: TensorStats[], outputs: TensorStats[], hook: string | null): void {
    const found = hook === null ? null : readHook(hook);
    const [first] = outputs;
    if (found !== null && first !== undefined) outputs[0] = { ...first, ...found.stats };
    const makers = inputs.flatMap((one) => this.makers.get(one.name ?? '') ?? []);
    const named = inputs.filter((one) => one.name?.includes('$'));
    const operation: Operation = {
      name,
      text: line.text.trim(),
      line: line.number,
      rank: line.rank,
      module: this.regions.at(-1)?.module ?? null,
      isBackward: this.isBackward,
      frame: this.frame,
      inputs: inputs.map((one) => this.knownStats(one)),
      outputs,
      health: unset.test(name) ? null : (found?.health ?? null),
      makers: this.count < maxTensors ? makers : [],
      hasUnknownInput: named.some((one) => !this.makers.has(one.name ?? '')),
    };
    this.count++;
    if (this.operations.length < maxOperations) this.operations.push(operation);
    for (const { name: id } of outputs) {
      if (id?.includes('$') && (this.makers.size < maxTensors || this.makers.has(id))) this.makers.set(id, operation);
    }
    if (operation.health === 'nan') this.firstNan ??= operation;
    if (operation.health === 'inf' && !masking.test(name)) this.firstInf ??= operation;
    this.span = { firstLine: this.span?.firstLine ?? line.number, lastLine: line.number };
  }

  private knownStats(input: TensorStats): TensorStats {
    const made = input.name?.includes('$') ? this.makers.get(input.name) : undefined;
    const stats = made?.outputs.find(({ name }) => name === input.name);
    return stats ?? input;
  }

  private leave(depth: number): void {
    while ((this.regions.at(-1)?.depth ?? -1) >= depth) this.regions.pop();
  }

  finish(): LogEvidence {
    if (this.span === null) return { claim: 0, framework: null, sightings: [], problems: [] };
    const first = this.origin();
    const understood: LineSpan[] = [this.span];
    const judged = this.operations.filter(({ health }) => health !== null).length;
    const allClear =
      first !== null || judged === 0
        ? {}
        : {
            allClear: `No NaN or Inf: the results of the ${judged} operations that the hook looked at are all finite.`,
          };
    return {
      claim: 1,
      framework: 'pytorch',
      sightings: first === null ? [] : [this.sighting(first)],
      problems: [],
      understood,
      operations: { order: 'execution', entries: this.operations.map(recorded), total: this.count },
      ...allClear,
    };
  }

  /** Where the first NaN comes from, upstream through infinities that are not meant; of infinities alone, the first. */
  private origin(): Operation | null {
    let origin = this.firstNan ?? this.firstInf;
    if (origin === null) return null;
    for (let steps = 0; steps < maxOperations; steps++) {
      const bad: Operation | undefined = origin.makers.find(
        ({ health, name }) => health === 'nan' || (health === 'inf' && !masking.test(name)),
      );
      if (bad === undefined || bad.line >= origin.line) break;
      origin = bad;
    }
    return origin;
  }

  private sighting(operation: Operation): Sighting {
    const { name, rank, module, isBackward, frame, line, text, inputs, outputs } = operation;
    const value: NonFinite = operation.health === 'nan' ? 'nan' : 'inf';
    const frames = frame === null ? [] : [frame];
    const isPassedOn = passing.test(name) && operation.hasUnknownInput && !isBackward;
    const areInputsFinite =
      !operation.hasUnknownInput &&
      operation.makers.length > 0 &&
      operation.makers.every(({ health }) => health === 'finite');
    const hazard = areInputsFinite ? hazards.find(({ op }) => op.test(name)) : undefined;
    return {
      anomaly: {
        kind: isPassedOn ? 'input-nan' : isBackward ? 'nan-backward' : value === 'nan' ? 'nan-forward' : 'inf-forward',
        value,
        op: name,
        outputIndex: null,
        module,
        param: null,
        metric: null,
        rank,
        source: sourceOf(frames),
        frames,
        message: text,
        stats: [...inputs, ...outputs],
        rules: hazard === undefined ? [] : [hazard.rule],
        span: { firstLine: line, lastLine: line },
      },
      after: this.context.progress.point(rank),
      at: null,
      order: line,
      confidence: value === 'nan' || this.firstNan !== null ? 'certain' : 'likely',
      why: isPassedOn
        ? 'it only passes on what it was given, and that was made before the trace began'
        : areInputsFinite
          ? `its inputs are finite${zeroOperand(operation)}`
          : givenInfinity(operation),
    };
  }
}

/** `; t$6 is 0 throughout`: what a division fails on. */
function zeroOperand({ name, inputs }: Operation): string {
  const zero = /::(?:div|reciprocal|rsqrt|log)/.test(name) ? inputs.at(-1) : undefined;
  return zero !== undefined && zero.absMax === 0 ? `, but ${zero.name} is 0 throughout` : '';
}

/** A whole row of masked scores is no fault of the mask alone, and of the softmax neither. */
function givenInfinity({ makers, health }: Operation): string | null {
  const maker = health === 'nan' ? makers.find((one) => one.health === 'inf') : undefined;
  return maker === undefined ? null : `its input holds infinity from \`${maker.name}\``;
}

function recorded({ name, module, isBackward, frame, inputs, outputs, health }: Operation): RecordedOperation {
  return {
    name,
    phase: isBackward ? 'backward' : 'forward',
    module,
    source: frame === null ? null : { path: frame.path, line: frame.line, function: frame.function },
    inputs,
    outputs,
    parameters: [],
    nonFinite: health === null ? null : health !== 'finite',
  };
}

function tensorsOf(text: string): TensorStats[] {
  const found: TensorStats[] = [];
  for (const [, name = '', dtype = '', shape = ''] of text.matchAll(tensor)) {
    if (found.length >= maxTensorsOfOperation) break;
    found.push({
      name,
      shape: (shape.match(/\d+/g) ?? []).map(Number),
      dtype,
      min: null,
      max: null,
      mean: null,
      absMin: null,
      absMax: null,
      nan: null,
      posInf: null,
      negInf: null,
    });
  }
  return found;
}

type Field = 'min' | 'max' | 'mean' | 'absMin' | 'absMax' | 'nan' | 'posInf' | 'negInf';

/** A hook's dictionary is its author's own; names that are common say what their numbers are. */
const fields: readonly (readonly [RegExp, Field])[] = [
  [/^(?:num_?|n_?|has_?)?nans?(?:_?count)?$/i, 'nan'],
  [/^(?:num_?|n_?)?(?:pos_?infs?|\+inf)(?:_?count)?$/i, 'posInf'],
  [/^(?:num_?|n_?)?(?:neg_?infs?|-inf)(?:_?count)?$/i, 'negInf'],
  [/^(?:abs_?max|max_?abs|amax)$/i, 'absMax'],
  [/^(?:abs_?min|min_?abs|amin)$/i, 'absMin'],
  [/^min$/i, 'min'],
  [/^max$/i, 'max'],
  [/^mean$/i, 'mean'],
];
const flags = /nan|inf/i;

function readHook(text: string): { health: Health; stats: Partial<Record<Field, number>> } | null {
  const stats: Partial<Record<Field, number>> = {};
  let health: Health | null = null;
  for (const [, key = '', printed = ''] of text.matchAll(hookPair)) {
    const number = printed === 'True' ? 1 : printed === 'False' ? 0 : parsePythonNumber(printed);
    if (number === null) continue;
    const isFlag = flags.test(key) && !/finite/i.test(key);
    const is: Health = isFlag
      ? number > 0
        ? /nan/i.test(key)
          ? 'nan'
          : 'inf'
        : 'finite'
      : Number.isNaN(number)
        ? 'nan'
        : Number.isFinite(number)
          ? 'finite'
          : 'inf';
    if (health === null || is === 'nan' || (is === 'inf' && health === 'finite')) health = is;
    const field = fields.find(([name]) => name.test(key))?.[1];
    // A flag says that there are some, not how many.
    if (field !== undefined && printed !== 'True') stats[field] = number;
  }
  return health === null ? null : { health, stats };
}
