// Takes off what launchers, containers and loggers put before a line, and keeps what they say: the rank, the level.

import { stripTerminalCodes } from './terminal-codes';

/** One line of a log, cleaned. */
export interface LogLine {
  /** 1-based line of the artefact. */
  readonly number: number;
  /** Without colours and prefixes; its own indentation is kept. */
  readonly text: string;
  /** The process that wrote it, where the line says so. */
  readonly rank: number | null;
  /** Lines of one writer share a channel, so that what several write at once can be told apart. */
  readonly channel: string;
  readonly level: LogLevel | null;
  /** Whether it is a drawing of a progress bar. */
  readonly isProgressBar: boolean;
  /** Whether the line goes on with another drawing. */
  readonly endsLine: boolean;
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

interface Stripped {
  text: string;
  rank: number | null;
  channel: string;
  level: LogLevel | null;
}

type PrefixRule = (line: Stripped) => boolean;

const launcherRank = /^(?:\[rank(\d+)\]:[ ]?|\[default(\d+)\]:)/;
const rayWorker = /^\((?:([\w.:]+)(?: rank=(\d+))?,? )?pid=(\d+)(?:, ip=([\w.:]+))?\)[ ]?/;
const containerName = /^([\w.-]+-\d+|algo-\d+-\w+)[ ]+\|[ ]?/;
const kubernetesPod = /^\[pod\/([\w./-]+)\][ ]?/;
const ciTimestamp =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)(?:[ ](?:stdout|stderr) [FP](?=[ ])| \d\d[OE]\+?)?(?:[ ]|$)/;
/** `mpirun --tag-output`; a blank follows in newer versions alone. */
const mpiTag = /^\[\d+,(\d+)\]<(?:stdout|stderr|stddiag)>:(?:[ ](?=\S))?/;
/** `gh run view --log`: the job and the step stand before the time. */
const ciJob = /^[^\t]{1,200}\t[^\t]{1,200}\t\uFEFF?(?=\d{4}-\d\d-\d\dT)/;
const syslog = /^[A-Z][a-z]{2}[ ]{1,2}\d{1,2}[ ]\d\d:\d\d:\d\d[ ][\w.-]+[ ]([\w./@-]+)(?:\[\d+\])?:[ ]?/;
const ciMarker = /^##\[(?:error|warning|debug|group|command)\]/;
const numberedTask = /^[ ]*(\d{1,5}):[ ]/;

const dateTime = String.raw`\d{4}[-/.]\d\d[-/.]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:[ ]?[+-]\d\d:?\d\d|Z)?`;
const levelName = 'TRACE|DEBUG|INFO|SUCCESS|WARNING|WARN|ERROR|CRITICAL|FATAL|EXCEPTION';

/** Formats that are common enough to be taken off whole. Each must end where the message begins. */
const loggerHeaders: readonly RegExp[] = [
  // loguru: 2026-11-22 15:36:43.763 | INFO     | module:function:51 - message
  new RegExp(String.raw`^${dateTime}[ ]*\|[ ]*(${levelName})[ ]*\|[ ]*[\w.<>-]+:[\w.<>]+:\d+[ ]-[ ]`),
  // fairseq and others: date | INFO | name | message
  new RegExp(String.raw`^(?:${dateTime}[ ]*\|[ ]*)?(${levelName})[ ]*\|[ ]*(?:[\w.<>:-]+[ ]*\|[ ]*)?`),
  // [date] [INFO] [file.py:49:function] [Rank 0] message
  new RegExp(String.raw`^\[${dateTime}\][ ]?\[(${levelName})\](?:[ ]?\[[\w.<>/-]+:\d+(?::[\w.<>]+)?\])?[ ]`),
  // [date][name][INFO] - message (hydra)
  new RegExp(String.raw`^\[${dateTime}\]\[[\w.<>-]*\]\[(${levelName})\](?:[ ]-)?[ ]`),
  // date - name - LEVEL - message, date LEVEL name: message, date (pid) [LEVEL] message
  new RegExp(
    String.raw`^\[?${dateTime}\]?[ ,:-]{1,8}(?:\(\d+\)[ ]*)?(?:[\w.<>/-]+(?:\[\d+\])?[ ]*-[ ]+|[\w.]+[ ]+(?=\[))?\[?(${levelName})\]?(?:[ ]*-[ ]+|:[ ]?|[ ]+)(?:[\w.<>/-]+(?::[\w.<>]+)*:[ ]|[\w.<>/-]+[ ]-[ ])?`,
  ),
  // LEVEL:name:message
  new RegExp(String.raw`^(${levelName}):[\w.<>/-]+:`),
  // [LEVEL] message, LEVEL: message
  new RegExp(String.raw`^\[(${levelName})\][ :-]*`),
  // [W python_anomaly_mode.cpp:104] message, [rank0]:[W1122 15:37:15.763 file.cpp:60] message, W1122 15:37:15.763000 12043 file.py:10] message
  /^(?:\[rank\d+\]:)?\[([DIWEF])(?:\d{3,4}[ ][\d:.]+)?[^\]\n]*?\.(?:cpp|cc|cu|h|py):\d+\][ ]?/,
  /^([IWEF])\d{4}[ ][\d:.]+[ ]+(?:\d+[ ]+)?[\w./-]+:\d+\][ ]?/,
  // a bare date
  new RegExp(String.raw`^\[?${dateTime}\]?(?:[ ]-[ ]|:[ ]|[ ]+\|[ ]|[ ])`),
];

const timeBeforeWrapper = new RegExp(
  String.raw`^\[?${dateTime}\]? (?=\[rank\d|\[default\d|\[\d+,\d+\]<|\(\w[^()]*pid=|\[pod/|[ ]*\d{1,5}: )`,
);

const statedRank = /^\[?(?:rank|Rank|RANK)[ :=]?[ ]?(\d+)\]?(?=[\s:,|\]-])/;
const progressBar =
  /\d%\|.{0,400}?\|\s*[\d.]+[kKMG]?\/[\d.?]+[kKMG]?\s*\[|\d(?:it|s|step|batch|sample|example)\/(?:s|it|step)\b|━{3,}|\[=*>?\.*\]\s+-/;

export interface PrefixHints {
  /** Whether every line is led by its task's number, as `srun --label` and `mpirun` write it. */
  readonly numberedTasks: boolean;
}

export const noHints: PrefixHints = { numberedTasks: false };

/** @returns the cleaned pieces of one line: more than one where two processes wrote into the same line. */
export function cleanLine(number: number, raw: string, endsLine: boolean, hints: PrefixHints): LogLine[] {
  const text = unwrapJsonLine(raw);
  if (!redrawn.test(text)) return cleanPieces(number, stripTerminalCodes(text), endsLine, hints);
  const drawings = text.split(redrawn).filter((drawing) => drawing.length > 0);
  return drawings.flatMap((drawing, i) =>
    cleanPieces(number, stripTerminalCodes(drawing), endsLine && i === drawings.length - 1, hints),
  );
}

/** A bar that deletes itself to be drawn anew, and line ends inside of a line that was unwrapped. */
const backspace = '\u0008';
const redrawn = new RegExp(`[\r\n]+|${backspace}{3,}`);

function cleanPieces(number: number, text: string, endsLine: boolean, hints: PrefixHints): LogLine[] {
  const pieces: LogLine[] = [];
  let rest = text;
  for (;;) {
    const line = clean(number, rest, endsLine, hints);
    const glued = line.text.indexOf('[rank', 1) < 0 ? 0 : line.text.slice(1).search(gluedRank) + 1;
    if (line.text.slice(0, glued).trim() === '' || pieces.length >= maxGlued) {
      pieces.push(line);
      return pieces;
    }
    pieces.push({ ...line, text: line.text.slice(0, glued), endsLine: false });
    rest = line.text.slice(glued);
  }
}

/** Two ranks that write at once can share a line: `loss=2.1[rank1]: Traceback…`. */
const gluedRank = /\[rank\d+\]: /;
const maxGlued = 64;

function clean(number: number, text: string, endsLine: boolean, hints: PrefixHints): LogLine {
  const line: Stripped = { text, rank: null, channel: '', level: null };
  unwrap(line, hints.numberedTasks);
  loggerHeader(line);
  if (line.rank === null) {
    const stated = statedRank.exec(line.text);
    if (stated) line.rank = Number(stated[1]);
  }
  return { number, endsLine, isProgressBar: progressBar.test(line.text), ...line };
}

/** Wrappers nest (a container around a launcher around a logger), and each is taken off at most a few times. */
function unwrap(line: Stripped, hasTaskNumbers: boolean): void {
  let mayBeTask = hasTaskNumbers;
  for (let round = 0; round < 6; round++) {
    if (wrapperRules.some((rule) => rule(line))) continue;
    if (mayBeTask && taskNumber(line)) mayBeTask = false;
    // A time alone is whoever's who kept the log.
    else if (!take(line, timeBeforeWrapper)) return;
  }
}

const wrapperRules: readonly PrefixRule[] = [
  (line) =>
    line.text.startsWith('[') &&
    take(line, launcherRank, (match) => {
      line.rank = Number(match[1] ?? match[2]);
      line.channel = `rank ${line.rank}`;
    }),
  (line) =>
    line.text.startsWith('(') &&
    take(line, rayWorker, (match) => {
      if (match[2] !== undefined) line.rank = Number(match[2]);
      line.channel += `(${match[1] ?? ''} ${match[3]} ${match[4] ?? ''})`;
    }),
  (line) => line.text.startsWith('[pod/') && take(line, kubernetesPod, (match) => addChannel(line, match[1])),
  (line) => isDigit(line.text) && take(line, ciTimestamp),
  (line) =>
    line.text.startsWith('[') &&
    take(line, mpiTag, (match) => {
      line.rank = Number(match[1]);
      line.channel = `rank ${line.rank}`;
    }),
  (line) => line.text.includes('\t') && take(line, ciJob),
  (line) => line.text.charCodeAt(6) === space && take(line, syslog, (match) => addChannel(line, match[1])),
  (line) => line.text.startsWith('##[') && take(line, ciMarker),
  (line) =>
    line.text.includes('|') && !isDigit(line.text) && take(line, containerName, (match) => addChannel(line, match[1])),
];

function taskNumber(line: Stripped): boolean {
  return take(line, numberedTask, (match) => {
    line.rank = Number(match[1]);
    line.channel += `task ${match[1]}`;
  });
}

function addChannel(line: Stripped, name: string | undefined): void {
  line.channel += `(${name ?? ''})`;
}

function loggerHeader(line: Stripped, mayRepeat = true): void {
  const first = line.text.charCodeAt(0);
  // Only a digit, a bracket or a capital can begin a header: most lines stop here.
  if (!(isDigitCode(first) || first === bracket || (first >= 65 && first <= 90))) return;
  for (const header of loggerHeaders) {
    if (
      take(line, header, (match) => {
        line.level = levelOf(match[1]);
      })
    ) {
      const rank = /^\[Rank (\d+)\][ ]/.exec(line.text);
      if (rank) line.rank = Number(rank[1]);
      // A time alone may be of who kept the log, and the logger's own header follows.
      if (line.level === null && mayRepeat) loggerHeader(line, false);
      return;
    }
  }
}

function take(line: Stripped, pattern: RegExp, use?: (match: RegExpExecArray) => void): boolean {
  const match = pattern.exec(line.text);
  if (match === null || match[0].length === 0) return false;
  line.text = line.text.slice(match[0].length);
  use?.(match);
  return true;
}

function levelOf(name: string | undefined): LogLevel | null {
  switch (name?.[0]) {
    case 'T':
    case 'D':
      return 'debug';
    case 'I':
    case 'S':
      return 'info';
    case 'W':
      return 'warning';
    case 'E':
    case 'C':
    case 'F':
      return 'error';
    default:
      return null;
  }
}

const jsonLine = /^[[,]?(\{"(?:log|stream_name)": ?"[^\n]*\}),?\]?$/;

/** A line of docker's json-file driver, `{"log":"text\n","stream":"stderr","time":"…"}`, or of a Kaggle kernel, which calls the text `data`. */
function unwrapJsonLine(text: string): string {
  const json =
    text.charCodeAt(0) === brace || text.startsWith('[{') || text.startsWith(',{') ? jsonLine.exec(text) : null;
  if (json === null) return text;
  try {
    const parsed: unknown = JSON.parse(json[1] ?? '');
    if (typeof parsed !== 'object' || parsed === null) return text;
    const inner = 'log' in parsed ? parsed.log : 'data' in parsed ? parsed.data : null;
    if (typeof inner === 'string') return inner.replace(/\r?\n$/, '');
  } catch {
    // Not theirs after all: the line stands as it is.
  }
  return text;
}

/**
 * Whether the lines at a log's head carry task numbers. A list that is numbered by the script itself counts up;
 * task numbers come again and again.
 */
export function sniffPrefixHints(lines: readonly string[]): PrefixHints {
  const written = lines.map(withoutWrappers).filter((line) => line.trim().length > 0);
  const seen = new Map<string, number>();
  let labelled = 0;
  for (const line of written) {
    const match = numberedTask.exec(line);
    if (match === null) continue;
    labelled++;
    seen.set(match[1] ?? '', (seen.get(match[1] ?? '') ?? 0) + 1);
  }
  const repeats = labelled - seen.size;
  return { numberedTasks: written.length >= 4 && labelled >= 0.9 * written.length && repeats >= 0.5 * labelled };
}

function withoutWrappers(raw: string): string {
  const line: Stripped = { text: stripTerminalCodes(unwrapJsonLine(raw)), rank: null, channel: '', level: null };
  unwrap(line, false);
  return line.text;
}

const bracket = 91;
const space = 32;
const brace = 123;

function isDigit(text: string): boolean {
  return isDigitCode(text.charCodeAt(0));
}

function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57;
}
