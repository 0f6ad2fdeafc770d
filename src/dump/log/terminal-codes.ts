// Takes out what only a terminal understands: colours, links, cursor moves, backspaces.

const esc = '\u001b';
const csi = '\u009b';
const stringEnd = `(?:\u0007|${esc}\\\\|\u009c|$)`;
const escapeSequences = new RegExp(
  [
    `(?:${esc}\\[|${csi})[0-?]*[ -/]*[@-~]`, // colours and cursor moves
    `${esc}[\\]PX^_][^\u0007${esc}\u009c]*${stringEnd}`, // titles and links
    `${esc}[@-Z\\\\^_\`-~]`,
    esc,
  ].join('|'),
  'g',
);
const controls = '\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f';
const otherControls = new RegExp(`[${controls}]`, 'g');
const anyControl = new RegExp(`[${controls}${csi}\\r]`);

/** The text as a person would read it. Text that a backspace deletes stays: bars are redrawn with them, and the old state is of use. */
export function stripTerminalCodes(text: string): string {
  if (!anyControl.test(text)) return text;
  return text.replace(escapeSequences, '').replace(otherControls, '');
}
