// Metrics as JSON lines, one record a line: Python's own json module, W&B histories, Hugging Face and home-made loggers. NaN may be bare or in quotes.

import { EarlyResults } from '../early-results';
import { isObject } from '../field-reader';
import { FlatRecords } from '../flat-records';
import { newTextFacts, type RawLine, readLines, type TextFacts } from '../log/lines';
import { isMetricRecord, type MetricRecord, RecordReader } from '../metric-record';
import { MetricStory } from '../metric-story';
import type { DumpProblem, DumpReader, ReadResult } from '../model';
import { detectTextEncoding } from '../text-encoding';
import { readJson } from '../tolerant-json';

const linesForSniff = 20;
const maxProblems = 20;
const brace = 123;

export const metricsJsonl: DumpReader = {
  id: 'metrics-jsonl',
  sniff(head) {
    const encoding = detectTextEncoding(head);
    if (encoding === null || !beginsWithBrace(head)) return 0;
    const lines = new TextDecoder(encoding).decode(head).split('\n', linesForSniff + 1);
    // The last line may be cut, unless it is the only one.
    const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
    const records = whole.filter((line) => line.trim() !== '').map(parseLine);
    const metrics = records.filter((record) => record !== null && isMetricRecord(record));
    return records.length > 0 && metrics.length >= Math.max(1, records.length * 0.6) ? 0.8 : 0;
  },
  async read(source, signal, onPartial) {
    const lines = new LineReader();
    const facts = newTextFacts();
    let failure: DumpProblem | null = null;
    const early = new EarlyResults(onPartial, () => lines.result(facts, null));
    try {
      for await (const batch of readLines(source, facts, signal)) {
        for (const line of batch) lines.line(line);
        early.offer();
      }
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      failure = { message: `Reading stopped: ${message}`, line: lines.last };
    }
    return lines.result(facts, failure);
  },
};

class LineReader {
  readonly story = new MetricStory();
  last = 0;
  private readonly records = new RecordReader();
  private readonly flat = new FlatRecords();
  private readonly problems: DumpProblem[] = [];
  private broken = 0;

  line({ number, text }: RawLine): void {
    this.last = number;
    if (text.charCodeAt(0) !== brace && text.trim() === '') return;
    const record = this.record(text);
    if (record === null) {
      this.broken++;
      if (this.problems.length < maxProblems)
        this.problems.push({ message: 'This line is no JSON object.', line: number });
      return;
    }
    const { step, epoch, batch, rank, values } = record;
    this.story.row({
      step,
      epoch,
      batch,
      rank,
      values,
      time: number,
      span: { firstLine: number, lastLine: number },
      message: () => text.trim(),
    });
  }

  /** What is known by now; more lines may follow. */
  result(facts: TextFacts, failure: DumpProblem | null): ReadResult {
    const { anomalies, series, verdict, leftOut } = this.story.finish();
    const problems = [...(failure === null ? [] : [failure]), ...this.allProblems(facts.lines)];
    if (facts.cutLines > 0) {
      problems.push({
        message: `${facts.cutLines === 1 ? 'One line is' : `${facts.cutLines} lines are`} longer than 65,536 characters; of each only the beginning was read.`,
        line: facts.firstCutLine,
      });
    }
    if (leftOut > 0) problems.push({ message: `The series of ${leftOut} more names are not kept.`, line: null });
    return {
      dump: {
        format: 'metrics-jsonl',
        framework: null,
        verdict: anomalies.length > 0 || failure === null ? verdict : { ...verdict, confidence: 'unknown' },
        anomalies,
        series,
      },
      problems,
    };
  }

  /** @returns null for no object */
  private record(text: string): MetricRecord | null {
    const flat = this.flat.read(text);
    if (flat !== null) return this.records.readFlat(flat);
    const parsed = parseLine(text);
    if (parsed === null) return null;
    this.flat.learn(text);
    return this.records.read(parsed);
  }

  /** @param lines of the file: a last line that breaks off is how a live file looks */
  allProblems(lines: number): DumpProblem[] {
    const [first] = this.problems;
    if (this.broken === 1 && first?.line === lines) return [{ ...first, message: 'The last line breaks off.' }];
    const more = this.broken - this.problems.length;
    return more > 0 ? [...this.problems, { message: `${more} more lines are no JSON.`, line: null }] : this.problems;
  }
}

function beginsWithBrace(head: Uint8Array): boolean {
  return /^\uFEFF?\s*\{/.test(new TextDecoder(detectTextEncoding(head) ?? 'utf-8').decode(head.subarray(0, 256)));
}

/** JSON.parse is many times faster than the tolerant reader and takes nearly all lines. @returns null for no object */
function parseLine(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    const { value, problem } = readJson(line.trim());
    return isObject(value) && problem === null ? value : null;
  }
}
