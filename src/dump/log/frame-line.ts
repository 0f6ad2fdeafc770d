// One line of a stack, in any of Python's and IPython's ways of printing it.

/** Where a frame is, as one line names it. */
export interface FrameLocation {
  readonly path: string;
  readonly line: number;
  readonly function: string | null;
}

/** loguru marks the frame that caught the exception. */
const classic = /^>?\s*File "(.+?)", line (\d+)(?:, in (.+?))?\s*$/;
const notebookCell = /^(?:Cell |Input )?(In\s?\[\d+\])(?:, line (\d+))?(?:, in (.+?))?\s*$/;
const notebookFile = /^(?:File )?((?:[~/.]|[A-Za-z]:[\\/]).*?|<[\w-]+>):(\d+)(?:, in (.+?))?\s*$/;
const oldNotebookFile = /^((?:[~/.]|[A-Za-z]:[\\/])[^:]*?\.pyx?|<ipython-input-[\w-]+>) in (.+?)\s*$/;
const arrow = /^\s*-{1,}> ?(\d+)(?: (.*))?$/;

/** `File "train.py", line 3, in main`. A line that was cut before its number is none. */
export function parseClassicFrame(text: string): FrameLocation | null {
  const match = classic.exec(text);
  if (match === null) return null;
  return { path: match[1] ?? '', line: Number(match[2]), function: match[3] ?? null };
}

/** `Cell In[3], line 8`, `File ~/a.py:8, in f(x)`, `<ipython-input-3-0a> in f(x)`; the line is 0 where an arrow below says it. */
export function parseNotebookFrame(text: string): FrameLocation | null {
  const cell = notebookCell.exec(text);
  if (cell) {
    const number = /\d+/.exec(cell[1] ?? '')?.[0] ?? '';
    return { path: `Cell In[${number}]`, line: Number(cell[2] ?? 0), function: nameWithoutArguments(cell[3]) };
  }
  const file = notebookFile.exec(text);
  if (file) return { path: file[1] ?? '', line: Number(file[2]), function: nameWithoutArguments(file[3]) };
  const old = oldNotebookFile.exec(text);
  if (old) return { path: old[1] ?? '', line: 0, function: nameWithoutArguments(old[2]) };
  return null;
}

/** `----> 8     loss.backward()`: the line that runs, among the lines around it. */
export function parseArrowLine(text: string): { readonly line: number; readonly code: string } | null {
  const match = arrow.exec(text);
  if (match === null) return null;
  return { line: Number(match[1]), code: (match[2] ?? '').trim() };
}

/** Whether a line under a frame only marks a part of the code above it. */
export function isMarkerLine(text: string): boolean {
  return /^[\s~^]+$/.test(text) && /[~^]/.test(text);
}

/** IPython prints the call with its arguments, and a cell as `<cell line: 1>()`. */
function nameWithoutArguments(text: string | undefined): string | null {
  if (text === undefined) return null;
  const name = text.replace(/\(.*$/, '').trim();
  if (name.startsWith('<cell line') || name === '<module>') return '<module>';
  return name.length > 0 ? name : null;
}
