// Which artefacts below a folder belong to one run: a folder is one run unless it holds two of a kind that do not belong together.

import { baseName, parentOf } from './folder';
import type { ReadResult } from './model';
import { stemOf, type WriterOfPath } from './run-parts';

/** One artefact, read. */
export interface ReadPart extends WriterOfPath {
  readonly path: string;
  readonly result: ReadResult;
}

/** Artefacts that belong together by their names, whatever else there is: ranks, streams, checkpoints, splits. */
interface Bundle {
  readonly kind: string;
  readonly folder: string;
  /** What its files are called, where that tells runs apart. */
  readonly name: string;
  readonly parts: ReadPart[];
}

/** @returns the parts of each run, nearest first. */
export function groupRuns(parts: readonly ReadPart[]): ReadPart[][] {
  const eventFolders = new Set(
    parts.filter(({ result }) => result.dump.format === 'tensorboard').map(({ path }) => parentOf(path)),
  );
  const bundles = new Map<string, Bundle>();
  for (const part of parts) {
    const { kind, folder, name } = bundleOf(part, eventFolders);
    const key = `${kind} ${folder} ${name}`;
    const bundle = bundles.get(key);
    if (bundle) bundle.parts.push(part);
    else bundles.set(key, { kind, folder, name, parts: [part] });
  }
  return runsOf('', [...bundles.values()]).map((run) => run.flatMap((bundle) => bundle.parts));
}

const splits = /^(?:train(?:ing)?|val(?:idation)?|eval(?:uation)?|test)$/;

function bundleOf(part: ReadPart, eventFolders: ReadonlySet<string>): { kind: string; folder: string; name: string } {
  const { path, result } = part;
  const folder = parentOf(path);
  switch (result.dump.format) {
    case 'tensorboard': {
      // Keras writes a folder for each split, and PyTorch's add_scalars one for each curve.
      const joins = splits.test(baseName(folder)) || (folder !== '' && eventFolders.has(parentOf(folder)));
      return { kind: 'tensorboard', folder: joins ? parentOf(folder) : folder, name: stemOf(path) };
    }
    case 'trainer-state':
      return { kind: 'trainer-state', folder: folder.replace(/(?:^|\/)checkpoint-\d+$/, ''), name: stemOf(path) };
    case 'nandump':
      return { kind: 'nandump', folder, name: '' };
    case 'tfdbg2':
      return { kind: 'tfdbg2', folder, name: baseName(path) };
    case 'msprobe':
      return { kind: 'msprobe', folder: /\.json$/.test(path) ? folder : path, name: '' };
    case 'metrics-json':
    case 'metrics-jsonl':
    case 'metrics-csv':
    case 'dlfw-inspect':
      return { kind: result.dump.format, folder: withoutWriter(folder), name: stemOf(path) };
    default:
      return { kind: 'log', folder: withoutWriter(folder), name: stemOf(path) };
  }
}

/** Without the folders that only tell processes and attempts apart. */
function withoutWriter(folder: string): string {
  return folder.replace(/(?:^|\/)attempt_\d+\/\d+$/, '').replace(/(?:^|\/)(?:rank|worker|proc(?:ess)?)[_-]?\d+$/i, '');
}

function runsOf(folder: string, bundles: readonly Bundle[]): Bundle[][] {
  if (bundles.length === 0) return [];
  const counts = countKinds(bundles);
  if ([...counts.values()].every((count) => count === 1)) return [[...bundles]];
  const own = new Map<string, Bundle[]>();
  for (const bundle of bundles) {
    if (bundle.folder === folder) own.set(bundle.name, [...(own.get(bundle.name) ?? []), bundle]);
  }
  const children = new Map<string, Bundle[]>();
  for (const bundle of bundles) {
    if (bundle.folder === folder) continue;
    const rest = folder === '' ? bundle.folder : bundle.folder.slice(folder.length + 1);
    const name = rest.split('/', 1)[0] ?? rest;
    const child = folder === '' ? name : `${folder}/${name}`;
    children.set(child, [...(children.get(child) ?? []), bundle]);
  }
  return [
    // `a.log` and `a.trainer_state.json` beside `b.log`.
    ...[...own.values()].flatMap((named) => {
      const isOne = [...countKinds(named).values()].every((count) => count === 1);
      return isOne ? [named] : named.map((bundle) => [bundle]);
    }),
    ...[...children].flatMap(([child, inside]) => runsOf(child, inside)),
  ];
}

function countKinds(bundles: readonly Bundle[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of bundles) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
