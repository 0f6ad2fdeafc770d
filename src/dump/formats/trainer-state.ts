// trainer_state.json of the Hugging Face trainer: its `log_history`, in which the default filter replaces a loss that is NaN by a number.

import { readAll } from '../byte-source';
import { MetricStory } from '../metric-story';
import type { DumpReader, ReadResult } from '../model';
import { readRecordArray } from '../record-array';
import { detectTextEncoding } from '../text-encoding';

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
    const text = new TextDecoder().decode(bytes);
    const start = historyStart.exec(text);
    const story = new MetricStory();
    const problems =
      start === null
        ? [{ message: 'The file has no log_history.', line: null }]
        : readRecordArray(text, start.index + start[0].length, story);
    const { anomalies, series, verdict } = story.finish('history');
    return { dump: { format: 'trainer-state', framework: 'transformers', verdict, anomalies, series }, problems };
  },
};

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
