// TensorBoard event files, as PyTorch, TensorFlow, Keras, Lightning and the Hugging Face trainers write them: the scalars in them.

import { EarlyResults } from '../early-results';
import { MetricStory } from '../metric-story';
import type { Dump, DumpProblem, DumpReader, ReadResult } from '../model';
import { MessageFields } from '../protobuf';
import { readTensorProto } from '../tensor-proto';
import { firstRecord, newRecordFacts, type RecordFacts, readRecords } from '../tfrecord';

const maxTagLength = 1000;

export const tensorboard: DumpReader = {
  id: 'tensorboard',
  sniff(head) {
    const first = firstRecord(head);
    return first !== null && isEventFileHead(first) ? 1 : 0;
  },
  async read(source, signal, onPartial) {
    const facts = newRecordFacts();
    const events = new EventReader();
    let failure: DumpProblem | null = null;
    const early = new EarlyResults(onPartial, () => events.result(facts, null));
    try {
      for await (const records of readRecords(source, facts, signal)) {
        for (const record of records) events.event(record);
        early.offer();
      }
    } catch (error) {
      signal.throwIfAborted();
      failure = { message: `Reading stopped: ${error instanceof Error ? error.message : String(error)}`, line: null };
    }
    return events.result(facts, failure);
  },
};

/** The first event says `brain.Event:2`. */
function isEventFileHead(data: Uint8Array): boolean {
  try {
    const fields = new MessageFields(data);
    while (fields.next()) if (fields.number === 3) return fields.string().startsWith('brain.Event:');
  } catch {
    // Other records, or a first record that is cut.
  }
  return false;
}

/** Tags that only one producer writes. */
const producers: readonly (readonly [RegExp, NonNullable<Dump['framework']>])[] = [
  [/^train\/(?:train_runtime|train_samples_per_second|total_flos)$|^eval\/samples_per_second$/, 'transformers'],
  [/^(?:epoch_loss|batch_loss|evaluation_loss_vs_iterations)$/, 'keras'],
];

class EventReader {
  readonly story = new MetricStory();
  unreadable = 0;
  private producer: Dump['framework'] = null;
  private writer = '';

  event(data: Uint8Array): void {
    try {
      this.read(data);
    } catch {
      this.unreadable++;
    }
  }

  /** What is known by now; more events may follow. */
  result(facts: RecordFacts, failure: DumpProblem | null): ReadResult {
    const { anomalies, series, verdict, leftOut } = this.story.finish();
    const problems = [...(failure === null ? [] : [failure]), ...facts.problems];
    if (this.unreadable > 0) {
      problems.push({ message: `${this.unreadable} events could not be understood and were left out.`, line: null });
    }
    if (leftOut > 0) problems.push({ message: `The series of ${leftOut} more tags are not kept.`, line: null });
    const isWhole = failure === null && facts.problems.length === 0;
    return {
      dump: {
        format: 'tensorboard',
        framework: this.framework(),
        verdict: anomalies.length > 0 || isWhole ? verdict : { ...verdict, confidence: 'unknown' },
        anomalies,
        series,
      },
      problems,
    };
  }

  framework(): Dump['framework'] {
    return this.producer ?? (this.writer.startsWith('tensorflow.') ? 'tensorflow' : null);
  }

  private read(data: Uint8Array): void {
    const fields = new MessageFields(data);
    let time = 0;
    let step = 0;
    const scalars: { name: string; value: number }[] = [];
    while (fields.next()) {
      switch (fields.number) {
        case 1:
          time = fields.double();
          break;
        case 2:
          step = fields.int64();
          break;
        case 5:
          readSummary(fields.message(), scalars);
          break;
        case 10:
          this.writer = readWriter(fields.message());
          break;
      }
    }
    if (scalars.length === 0) return;
    for (const { name } of scalars) this.notice(name);
    this.story.row({
      step,
      epoch: null,
      rank: null,
      values: scalars,
      time: Number.isFinite(time) ? time : 0,
      span: null,
      message: () => scalars.map(({ name, value }) => `${name} = ${value}`).join(', '),
    });
  }

  private notice(tag: string): void {
    this.producer ??= producers.find(([pattern]) => pattern.test(tag))?.[1] ?? null;
  }
}

function readSummary(fields: MessageFields, into: { name: string; value: number }[]): void {
  while (fields.next()) {
    if (fields.number !== 1) continue;
    const one = readValue(fields.message());
    if (one !== null) into.push(one);
  }
}

/** @returns null for an image, a text, a histogram. */
function readValue(fields: MessageFields): { name: string; value: number } | null {
  let name = '';
  let value: number | null = null;
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        name = fields.string().slice(0, maxTagLength);
        break;
      case 2:
        value = fields.float();
        break;
      case 8:
        value = readScalar(fields.bytes());
        break;
    }
  }
  return value === null ? null : { name, value };
}

function readScalar(bytes: Uint8Array): number | null {
  const { shape, values } = readTensorProto(bytes, 1);
  return shape.every((size) => size === 1) ? (values[0] ?? null) : null;
}

function readWriter(fields: MessageFields): string {
  while (fields.next()) if (fields.number === 1) return fields.string();
  return '';
}
