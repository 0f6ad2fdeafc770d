// Metrics as one JSON list of records, as `json.dump(history)` writes them. NaN may be bare or in quotes.

import { readAll } from '../byte-source';
import { isObject } from '../field-reader';
import { isMetricRecord } from '../metric-record';
import { MetricStory } from '../metric-story';
import type { DumpReader } from '../model';
import { readRecordArray } from '../record-array';
import { detectTextEncoding } from '../text-encoding';
import { readJson } from '../tolerant-json';

const maxBytes = 256 * 1024 * 1024;
const listStart = /^\uFEFF?\s*\[\s*(?=\{)/;

export const metricsJson: DumpReader = {
  id: 'metrics-json',
  sniff(head) {
    if (detectTextEncoding(head) !== 'utf-8') return 0;
    const text = new TextDecoder().decode(head);
    const start = listStart.exec(text);
    if (start === null) return 0;
    const { value, problem } = readJson(text, start[0].length);
    return problem === null && isObject(value) && isMetricRecord(value) ? 0.8 : 0;
  },
  async read(source, signal) {
    const story = new MetricStory();
    const bytes = await readAll(source, maxBytes, signal);
    const text = bytes === null ? '' : new TextDecoder().decode(bytes);
    const start = listStart.exec(text);
    const problems =
      bytes === null
        ? [{ message: 'The file is larger than 256 MB and was not read.', line: null }]
        : readRecordArray(text, start?.[0].length ?? 0, story);
    const { anomalies, series, verdict } = story.finish();
    return { dump: { format: 'metrics-json', framework: null, verdict, anomalies, series }, problems };
  },
};
