// The lines of the recorder as they stand in a script, and the mark by which they are found again.

/** The module that is copied beside the script. */
export const RECORDER_MODULE = 'nanlens';
/** Its file. */
export const RECORDER_FILE = `${RECORDER_MODULE}.py`;
/** Ends every line that was inserted. */
export const RECORDER_MARK = '# nanlens: recorder';
/** What runs the training loop's iterable through the recorder. */
export const WATCH_METHOD = 'watch';

/** A statement with its mark, without indentation and line end. */
export function marked(statement: string): string {
  return `${statement}  ${RECORDER_MARK}`;
}

/** A recorder that somebody wrote already, by us or by hand. The finite checks' helper imports another function. */
export const PRESENT =
  /\bnanlens\s*\.\s*(?:Recorder|attach|LightningCallback)\b|^[ \t]*from[ \t]+nanlens[ \t]+import[ \t(]+[^#\r\n]*\b(?:Recorder|attach|LightningCallback|\*)/m;
