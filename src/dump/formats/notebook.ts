// A saved notebook: what its cells printed is a log like any other, and is read as one.

import { bytesSource, readAll } from '../byte-source';
import { isObject } from '../field-reader';
import type { DumpReader, ReadResult } from '../model';
import { detectTextEncoding } from '../text-encoding';
import { type JsonValue, readJson } from '../tolerant-json';

const maxBytes = 256 * 1024 * 1024;

/** @param log reads the text that stands under the cells */
export function createNotebookReader(log: DumpReader): DumpReader {
  return {
    id: 'notebook',
    sniff(head) {
      if (detectTextEncoding(head) !== 'utf-8') return 0;
      const text = new TextDecoder().decode(head.subarray(0, 65_536));
      return /^\s*\{\s*"(?:cells|nbformat|metadata)"\s*:/.test(text) && /"(?:cell_type|nbformat)"\s*:/.test(text)
        ? 0.9
        : 0;
    },
    async read(source, signal) {
      const bytes = await readAll(source, maxBytes, signal);
      if (bytes === null) return tooLarge;
      const { value, problem } = readJson(new TextDecoder().decode(bytes));
      const text = outputsOf(value).join('\n');
      const { dump, problems } = await log.read(bytesSource(source.name, new TextEncoder().encode(text)), signal);
      return {
        // Lines of the outputs are no lines of the file.
        dump: { ...dump, anomalies: dump.anomalies.map((anomaly) => ({ ...anomaly, span: null })) },
        problems: [...(problem === null ? [] : [problem]), ...problems.map(({ message }) => ({ message, line: null }))],
      };
    },
  };
}

/** The text that each output shows, in order. */
function outputsOf(notebook: JsonValue | undefined): string[] {
  if (!isObject(notebook) || !Array.isArray(notebook.cells)) return [];
  return notebook.cells.flatMap((cell: unknown) => {
    if (!isObject(cell) || !Array.isArray(cell.outputs)) return [];
    return cell.outputs.map(outputText);
  });
}

function outputText(output: unknown): string {
  if (!isObject(output)) return '';
  if (output.output_type === 'stream') return joined(output.text, '');
  if (output.output_type === 'error') return joined(output.traceback, '\n');
  return isObject(output.data) ? joined(output.data['text/plain'], '') : '';
}

/** Notebooks keep a text whole or as a list of lines. */
function joined(text: unknown, separator: string): string {
  if (typeof text === 'string') return text;
  if (!Array.isArray(text)) return '';
  return text.filter((line: unknown) => typeof line === 'string').join(separator);
}

const tooLarge: ReadResult = {
  dump: {
    format: 'unknown',
    framework: null,
    verdict: { sentence: 'The notebook is larger than 256 MB and was not read.', confidence: 'unknown' },
    anomalies: [],
    series: [],
  },
  problems: [{ message: 'The notebook is larger than 256 MB and was not read.', line: null }],
};
