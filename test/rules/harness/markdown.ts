// Reads a Markdown fixture file. A mistake in the file is an Error that names its line.

import { type AnalysisConfig, type Confidence, DEFAULT_CONFIG, type FixSafety } from '../../../src/analyzer/finding';
import type { ExpectedFix, Fixture, Hunk } from './fixture';
import { readProgram } from './program';

interface Fence {
  readonly language: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly body: readonly string[];
  /** Zero-based line of the fence. */
  readonly line: number;
  readonly headings: readonly string[];
}

/** `python min-confidence=possible no-fix` → language and settings; a bare word is a setting without a value. */
function readInfo(info: string): { language: string; settings: Map<string, string> } {
  const [language = '', ...rest] = info.match(/[\w-]+="[^"]*"|\S+/g) ?? [];
  const settings = new Map<string, string>();
  for (const word of rest) {
    const at = word.indexOf('=');
    if (at < 0) settings.set(word, '');
    else settings.set(word.slice(0, at), word.slice(at + 1).replace(/^"(.*)"$/, '$1'));
  }
  return { language, settings };
}

function* fencesOf(lines: readonly string[], file: string): Generator<Fence> {
  const headings: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const heading = /^(#+)\s+(.*)$/.exec(line);
    if (heading) {
      const depth = heading[1]?.length ?? 1;
      headings.splice(depth - 1);
      headings[depth - 1] = heading[2] ?? '';
      continue;
    }
    if (!line.startsWith('```')) continue;
    const start = i;
    const body: string[] = [];
    for (i++; i < lines.length && lines[i] !== '```'; i++) body.push(lines[i] ?? '');
    if (i === lines.length) throw new Error(`${file}:${start + 1}: the block is never closed`);
    yield { ...readInfo(line.slice(3)), body, line: start, headings: headings.filter(Boolean) };
  }
}

const CONFIDENCES: readonly Confidence[] = ['proven', 'likely', 'possible'];
const PROGRAM_SETTINGS = ['min-confidence', 'select', 'no-fix', 'no-fix-with'];
const DIFF_SETTINGS = ['title', 'safety', 'finding', 'only'];

function refuseUnknown(fence: Fence, known: readonly string[], where: string): void {
  for (const setting of fence.settings.keys()) {
    if (!known.includes(setting)) throw new Error(`${where}: no such setting "${setting}"; known: ${known.join(', ')}`);
  }
}

function configOf(fence: Fence, code: string, where: string): AnalysisConfig {
  const wanted = fence.settings.get('min-confidence');
  const minConfidence = wanted === undefined ? DEFAULT_CONFIG.minConfidence : CONFIDENCES.find((c) => c === wanted);
  if (minConfidence === undefined) throw new Error(`${where}: min-confidence=${wanted} is none of ${CONFIDENCES}`);
  return { ...DEFAULT_CONFIG, select: fence.settings.get('select')?.split(',') ?? [code], minConfidence };
}

/** Runs of changed and context lines; a line that starts with `@@` separates two hunks. */
function hunksOf(fence: Fence, where: string): Hunk[] {
  const hunks: { before: string[]; after: string[] }[] = [{ before: [], after: [] }];
  fence.body.forEach((line, i) => {
    const hunk = hunks.at(-1);
    if (hunk === undefined) return;
    if (line.startsWith('@@')) hunks.push({ before: [], after: [] });
    else if (line.startsWith('-')) hunk.before.push(line.slice(1));
    else if (line.startsWith('+')) hunk.after.push(line.slice(1));
    else if (line === '' || line.startsWith(' ')) {
      hunk.before.push(line.slice(1));
      hunk.after.push(line.slice(1));
    } else throw new Error(`${where}: line ${i + 1} of the diff starts with none of space, +, -, @@`);
  });
  const used = hunks.filter((hunk) => hunk.before.length + hunk.after.length > 0);
  if (used.length === 0) throw new Error(`${where}: an empty diff`);
  if (used.some((hunk) => hunk.before.length === 0)) throw new Error(`${where}: a hunk without a line that was there`);
  return used;
}

function expectedFixOf(fence: Fence, where: string): ExpectedFix {
  refuseUnknown(fence, DIFF_SETTINGS, where);
  const wanted = fence.settings.get('safety');
  const safety: FixSafety | undefined = wanted === 'safe' || wanted === 'unsafe' ? wanted : undefined;
  if (wanted !== undefined && safety === undefined)
    throw new Error(`${where}: safety=${wanted} is neither safe nor unsafe`);
  const finding = Number(fence.settings.get('finding') ?? 1);
  if (!Number.isInteger(finding) || finding < 1) throw new Error(`${where}: findings are counted from 1`);
  return {
    title: fence.settings.get('title'),
    safety,
    finding,
    only: fence.settings.has('only'),
    hunks: hunksOf(fence, where),
    line: fence.line + 1,
  };
}

/** The programs of one file, in order. `file` is its name, the rule's code and `.md`. */
export function readFixtures(file: string, text: string): Fixture[] {
  const code = file.replace(/\.md$/, '');
  const fixtures: { fixture: Omit<Fixture, 'fixes'>; fixes: ExpectedFix[] }[] = [];
  for (const fence of fencesOf(text.split('\n'), file)) {
    const where = `${file}:${fence.line + 1}`;
    if (fence.language === 'python') {
      refuseUnknown(fence, PROGRAM_SETTINGS, where);
      const fixture = {
        file,
        code,
        title: fence.headings.slice(1).join(' › ') || (fence.headings[0] ?? ''),
        line: fence.line + 1,
        ...readProgram(fence.body, where),
        config: configOf(fence, code, where),
        noFix: fence.settings.has('no-fix'),
        noFixWith: fence.settings.get('no-fix-with'),
      };
      fixtures.push({ fixture, fixes: [] });
    } else if (fence.language === 'diff') {
      const last = fixtures.at(-1);
      if (last === undefined) throw new Error(`${where}: a diff without a program before it`);
      last.fixes.push(expectedFixOf(fence, where));
    } else throw new Error(`${where}: a block is python or diff, not "${fence.language}"`);
  }
  return fixtures.map(({ fixture, fixes }) => ({ ...fixture, fixes }));
}
