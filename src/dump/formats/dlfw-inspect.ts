// Statistics logs of nvidia-dlfw-inspect: one line for each statistic of a layer's tensor and iteration.

import { newTextFacts, readLines } from '../log/lines';
import { nonFiniteOf } from '../metric-kind';
import { MetricStory, type MetricValue } from '../metric-story';
import type { AnomalyKind, DumpProblem, DumpReader } from '../model';
import { parsePythonNumber, pythonNumberPattern } from '../python-number';
import { detectTextEncoding } from '../text-encoding';

// Such a line may have 200 names; the value is at its end.
const linePattern = new RegExp(
  `^(?:\\d{4}-\\d\\d-\\d\\d[ T][\\d:.,]+ - )?(?:[A-Z]+ - )?(\\S{1,300})\\s+iteration=(\\d{1,15})\\s+value=(${pythonNumberPattern})\\s*$`,
);
const tensorName = /^(.*?)[._]?(activation|gradient|weight|output|wgrad|dgrad|fprop|input)[._](\w+?(?:%)?)$/;
const linesForSniff = 20;

export const dlfwInspect: DumpReader = {
  id: 'dlfw-inspect',
  sniff(head) {
    const encoding = detectTextEncoding(head);
    if (encoding === null) return 0;
    const lines = new TextDecoder(encoding)
      .decode(head.subarray(0, 16_384))
      .split('\n', linesForSniff)
      .filter((line) => line.trim() !== '' && line.length < 1000);
    const matching = lines.filter((line) => linePattern.test(line.trimEnd()));
    return matching.length > 0 && matching.length >= lines.length / 3 ? 0.85 : 0;
  },
  async read(source, signal) {
    const story = new MetricStory();
    const facts = newTextFacts();
    const problems: DumpProblem[] = [];
    try {
      for await (const batch of readLines(source, facts, signal)) {
        for (const { number, text } of batch) {
          const match = text.length < 1000 ? linePattern.exec(text) : null;
          if (match === null) continue;
          const value = parsePythonNumber(match[3] ?? '');
          if (value === null) continue;
          story.row({
            step: Number(match[2]),
            epoch: null,
            rank: null,
            values: [metricOf(match[1] ?? '', value)],
            time: number,
            span: { firstLine: number, lastLine: number },
            message: () => text.trim().replace(/\s+/g, ' '),
          });
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      problems.push({
        message: `Reading stopped: ${error instanceof Error ? error.message : String(error)}`,
        line: facts.lines,
      });
    }
    const { anomalies, series, verdict, leftOut } = story.finish('log');
    if (leftOut > 0) problems.push({ message: `The series of ${leftOut} more statistics are not kept.`, line: null });
    return { dump: { format: 'dlfw-inspect', framework: 'pytorch', verdict, anomalies, series }, problems };
  },
};

/** `decoder.1.mlp_activation_mean`: what the statistic is of says what is wrong, and in which layer. */
function metricOf(name: string, value: number): MetricValue {
  const match = tensorName.exec(name);
  if (match === null) return { name, value };
  const [, layer = '', tensor = ''] = match;
  const kind = kindOf(tensor, value);
  return { name, value, ...(kind === null ? {} : { kind }), ...(layer === '' ? {} : { module: layer }) };
}

function kindOf(tensor: string, value: number): AnomalyKind | null {
  if (/gradient|wgrad|dgrad/.test(tensor)) return 'grad-nonfinite';
  if (tensor === 'weight') return null;
  return nonFiniteOf(value) === 'nan' ? 'nan-forward' : 'inf-forward';
}
