// One file of a tfdbg2 dump, opened alone: what is wrong, where, and in which line stands in six files, so this says to open their folder.

import type { DumpReader } from '../../model';
import { firstRecord } from '../../tfrecord';
import { kindOfEvent, readEvent, readVersion } from './records';

const sentence =
  'This is one file of a TensorFlow debugger dump (tfdbg2). Open the folder that it is in: the operations, their results and the source lines stand in the files beside it.';

export const tfdbg2File: DumpReader = {
  id: 'tfdbg2',
  sniff(head) {
    const first = firstRecord(head);
    return first !== null && isDebugEvent(first) ? 0.9 : 0;
  },
  async read() {
    return {
      dump: {
        format: 'tfdbg2',
        framework: 'tensorflow',
        verdict: { sentence, confidence: 'unknown' },
        anomalies: [],
        series: [],
      },
      problems: [{ message: sentence, line: null }],
    };
  },
};

const kinds: ReadonlySet<number> = new Set([...Object.values(kindOfEvent), 12]);

function isDebugEvent(data: Uint8Array): boolean {
  try {
    const event = readEvent(data);
    if (event === null || !kinds.has(event.kind)) return false;
    return event.kind !== kindOfEvent.metadata || readVersion(event.data).startsWith('debug.Event:');
  } catch {
    return false;
  }
}
