// trainer_state.json of the Hugging Face trainer: its `log_history`, in which the default filter replaces a loss that is NaN by a number.

import { readAll } from '../byte-source';
import { isObject } from '../field-reader';
import { RecordReader } from '../metric-record';
import { MetricStory } from '../metric-story';
import type { DumpProblem, DumpReader, ReadResult } from '../model';
import { detectTextEncoding } from '../text-encoding';
import { readJson } from '../tolerant-json';

const maxBytes = 256 * 1024 * 1024;
const historyStart = /"log_history"\s*:\s*\[/;
/** Keys that every version writes; they come first, because they are sorted. */
const otherKey = /"(?:best_metric|best_model_checkpoint|best_global_step|is_hyper_param_search|global_step)"\s*:/;

export const trainerState: DumpReader = {
  id: 'trainer-state',
  sniff(head) {
    if (detectTextEncoding(head) !== 'utf-8') return 0;
    const text = new TextDecoder().decode(head);
    return /^\uFEFF?\s*\{/.test(text) && historyStart.test(text) && otherKey.test(text) ? 0.95 : 0;
  },
  async read(source, signal) {
    const bytes = await readAll(source, maxBytes, signal);
    if (bytes === null) return tooLarge;
    const { story, problems } = readHistory(new TextDecoder().decode(bytes));
    const { anomalies, series, verdict } = story.finish('history');
    return { dump: { format: 'trainer-state', framework: 'transformers', verdict, anomalies, series }, problems };
  },
};

/** Entry by entry, so that each keeps its lines and one that is broken costs no other. */
function readHistory(text: string): { story: MetricStory; problems: DumpProblem[] } {
  const story = new MetricStory();
  const start = historyStart.exec(text);
  if (start === null) return { story, problems: [{ message: 'The file has no log_history.', line: null }] };
  const records = new RecordReader();
  const lines = new LineCounter(text);
  let at = start.index + start[0].length;
  for (let i = 0; ; i++) {
    at = skip(text, at, /[\s,]*/y);
    if (text[at] === ']') return { story, problems: [] };
    const from = at;
    const { value, problem, breaksOff, end } = readJson(text, from);
    const firstLine = lines.lineOf(from);
    if (isObject(value) && problem === null) {
      const span = { firstLine, lastLine: lines.lineOf(end) };
      const entry = text.slice(from, end);
      story.row({ ...records.read(value), time: i, span, message: () => onOneLine(entry) });
    }
    if (problem !== null) {
      const message = breaksOff || from >= text.length ? 'The history breaks off here.' : problem.message;
      return { story, problems: [{ message, line: lines.lineOf(Math.min(end, text.length)) }] };
    }
    at = end;
  }
}

/** Without the braces and the line breaks that only serve reading. */
function onOneLine(entry: string): string {
  return entry
    .slice(0, 4000)
    .replace(/^\{\s*|\s*\}$/g, '')
    .replace(/,\s*\n\s*/g, ', ');
}

function skip(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** Lines of growing offsets, each line feed looked at once. */
class LineCounter {
  private line = 1;
  private at = 0;

  constructor(private readonly text: string) {}

  lineOf(offset: number): number {
    for (;;) {
      const feed = this.text.indexOf('\n', this.at);
      if (feed < 0 || feed >= offset) return this.line;
      this.line++;
      this.at = feed + 1;
    }
  }
}

const tooLarge: ReadResult = {
  dump: {
    format: 'unknown',
    framework: 'transformers',
    verdict: { sentence: 'The file is larger than 256 MB and was not read.', confidence: 'unknown' },
    anomalies: [],
    series: [],
  },
  problems: [{ message: 'The file is larger than 256 MB and was not read.', line: null }],
};
