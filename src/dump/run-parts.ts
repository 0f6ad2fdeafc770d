// Which files below a folder are artefacts of a run, by their names, and what these say: the process, the attempt, the step.

import { baseName, parentOf } from './folder';
import { type Tfdbg2Part, tfdbg2Parts } from './formats/tfdbg2/reader';

/** Kinds of files that runs leave behind. A folder of a run also holds code, data and weights. */
const artefactName =
  /(?:\.(?:log|txt|out|err|json|jsonl|csv|tsv|ipynb|stdout|stderr)|tfevents[^/]*|^(?:stdout|stderr|nohup\.out))(?:\.gz)?$/i;
const tfdbg2Name = new RegExp(`^(tfdbg_events\\..*)\\.(${tfdbg2Parts.join('|')})$`);
const msprobeName = /^(dump|stack|construct)\.json$/;
const maxFiles = 500;

export function isArtefactPath(path: string): boolean {
  const name = baseName(path);
  return artefactName.test(name) || tfdbg2Name.test(name);
}

/** Something that is read as one: a file, or the files that make one dump. */
export type RunPart =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'tfdbg2'; readonly path: string; readonly files: ReadonlyMap<Tfdbg2Part, string> }
  | { readonly kind: 'msprobe'; readonly path: string; readonly dumps: readonly MsprobeFolder[] };

/** The folder of one process and step. */
export interface MsprobeFolder {
  readonly path: string;
  readonly step: number | null;
  readonly rank: number | null;
}

/** @param folderName of the folder that `files` are below, which may itself be `step3` or `rank0` */
export function partsOf(files: readonly string[], folderName: string): RunPart[] {
  const tfdbg2 = new Map<string, Map<Tfdbg2Part, string>>();
  const folders = new Map<string, Set<string>>();
  for (const path of files) {
    const [, stem, part] = tfdbg2Name.exec(baseName(path)) ?? [];
    if (stem !== undefined && part !== undefined) {
      const key = parentOf(path) === '' ? stem : `${parentOf(path)}/${stem}`;
      const group = tfdbg2.get(key) ?? new Map<Tfdbg2Part, string>();
      // The pattern is made of these names.
      tfdbg2.set(key, group.set(part as Tfdbg2Part, path));
    }
    if (msprobeName.test(baseName(path))) {
      folders.set(parentOf(path), (folders.get(parentOf(path)) ?? new Set()).add(baseName(path)));
    }
  }
  const msprobe = new Map<string, MsprobeFolder[]>();
  for (const [path, names] of folders) {
    // A dump.json alone may be anybody's: its bytes will tell.
    if (!names.has('dump.json') || names.size < 2) continue;
    const { root, step, rank } = msprobePlace(path, folderName);
    msprobe.set(root, [...(msprobe.get(root) ?? []), { path, step, rank }]);
  }
  const taken = new Set([...msprobe.values()].flat().map(({ path }) => path));
  const single = files.filter(
    (path) => !tfdbg2Name.test(baseName(path)) && !(msprobeName.test(baseName(path)) && taken.has(parentOf(path))),
  );
  return [
    ...[...tfdbg2].map(([path, group]) => ({ kind: 'tfdbg2' as const, path, files: group })),
    ...[...msprobe].map(([path, dumps]) => ({ kind: 'msprobe' as const, path, dumps })),
    ...single.slice(0, maxFiles).map((path) => ({ kind: 'file' as const, path })),
  ];
}

/** `…/step3/rank0`, `…/step3/proc1234`, `…/step3`; where the folder that was asked for is one of these, its name is all there is. */
function msprobePlace(path: string, folderName: string): { root: string; step: number | null; rank: number | null } {
  const names = path === '' ? [folderName] : [folderName, ...path.split('/')];
  let depth = names.length;
  const process = /^(?:rank(\d{0,9})|proc\d+)$/.exec(names[depth - 1] ?? '');
  if (process) depth--;
  const step = /^step(\d{1,15})$/.exec(names[depth - 1] ?? '');
  if (step) depth--;
  return {
    // Without the folder's own name.
    root: names.slice(1, Math.max(1, depth)).join('/'),
    step: step ? Number(step[1]) : null,
    rank: process?.[1] ? Number(process[1]) : null,
  };
}

/** What a path says of the process that wrote the file. */
export interface WriterOfPath {
  readonly rank: number | null;
  /** torchelastic starts all processes anew after a failure. */
  readonly attempt: number | null;
}

const elastic = /(?:^|\/)attempt_(\d{1,6})\/(\d{1,6})\/[^/]*$/;
const rankFolder = /(?:^|\/)(?:rank|worker|proc(?:ess)?)[_-]?(\d{1,6})\/[^/]*$/i;
const rankName = /(?:^|[._-])(?:global[_-]?rank|rank|worker|proc(?:ess)?|task)[_.-]?(\d{1,6})(?=[._-]|$)/i;

export function writerOf(path: string): WriterOfPath {
  const started = elastic.exec(path);
  if (started) return { attempt: Number(started[1]), rank: Number(started[2]) };
  const rank = rankName.exec(baseName(path)) ?? rankFolder.exec(path);
  return { attempt: null, rank: rank ? Number(rank[1]) : null };
}

/** The name with what only tells streams, processes, splits and kinds apart taken out: parts of one run have the same. */
export function stemOf(path: string): string {
  return baseName(path)
    .replace(/\.gz$/i, '')
    .replace(/events\.out\.tfevents.*$/, '')
    .replace(/\.(?:log|txt|out|err|stdout|stderr|jsonl?|csv|tsv|tfevents)$/i, '')
    .replace(rankName, '')
    .replace(/^(?:std)?(?:out|err)$/i, '')
    .replace(/(?:^|[._-])(?:trainer_state|metrics)$/i, '')
    .replace(/(?:^|[._-])(?:train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|test)(?=[._-]|$)/i, '')
    .replace(/[._-]+$/, '');
}
