// The tree of findings as plain data: by file or by rule, under their workspace folders where there are several.

import type { Severity } from '../../../analyzer/finding';
import type { PlacedFinding } from '../../placed-finding';

export type Grouping = 'file' | 'rule';

export interface ListedFile {
  readonly uri: string;
  /** The URI of its workspace folder; undefined for a file outside of all. */
  readonly folder: string | undefined;
  /** Relative to its folder, with slashes. */
  readonly path: string;
  readonly findings: readonly PlacedFinding[];
}

export interface ListedFolder {
  readonly uri: string;
  readonly name: string;
}

interface NodeBase {
  /** The same as long as it is about the same thing, so that what was folded stays folded. */
  readonly id: string;
}

interface GroupBase extends NodeBase {
  readonly count: number;
  readonly severity: Severity;
  readonly children: readonly FindingNode[];
}

export type FindingNode =
  | (GroupBase & { readonly kind: 'folder'; readonly uri: string | undefined; readonly name: string })
  | (GroupBase & { readonly kind: 'rule'; readonly code: string; readonly name: string })
  | (GroupBase & { readonly kind: 'file'; readonly file: ListedFile })
  | (NodeBase & {
      readonly kind: 'finding';
      readonly file: ListedFile;
      readonly finding: PlacedFinding;
      readonly groupedBy: Grouping;
    });

/** The worst first. */
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'information', 'hint'];

/** @param folders of the workspace, in their order; with fewer than two there is no level of folders */
export function findingTree(
  files: readonly ListedFile[],
  grouping: Grouping,
  folders: readonly ListedFolder[],
): FindingNode[] {
  const listed = files.filter(({ findings }) => findings.length > 0).sort((a, b) => compare(a.path, b.path));
  if (folders.length < 2) return grouped(listed, grouping, '');
  const parts = [...folders, undefined].map((folder) => ({
    folder,
    own: listed.filter((file) => file.folder === folder?.uri),
  }));
  return parts.flatMap(({ folder, own }): FindingNode[] => {
    if (own.length === 0) return [];
    const id = folder?.uri ?? 'elsewhere';
    const children = grouped(own, grouping, `${id} `);
    const summary = summaryOf(own.flatMap(({ findings }) => findings));
    return [{ kind: 'folder', id, uri: folder?.uri, name: folder?.name ?? '', children, ...summary }];
  });
}

function grouped(files: readonly ListedFile[], grouping: Grouping, prefix: string): FindingNode[] {
  if (grouping === 'file') {
    return files.map((file) => ({
      kind: 'file',
      id: `${prefix}${file.uri}`,
      file,
      children: findingNodes(file, file.findings, grouping, prefix),
      ...summaryOf(file.findings),
    }));
  }
  const rules = new Map<string, string>();
  for (const { code, name } of files.flatMap(({ findings }) => findings)) rules.set(code, name);
  return [...rules]
    .sort(([a], [b]) => compare(a, b))
    .map(([code, name]) => {
      const ofRule = (file: ListedFile): PlacedFinding[] => file.findings.filter((finding) => finding.code === code);
      return {
        kind: 'rule',
        id: `${prefix}${code}`,
        code,
        name,
        children: files.flatMap((file) => findingNodes(file, ofRule(file), grouping, prefix)),
        ...summaryOf(files.flatMap(ofRule)),
      };
    });
}

function findingNodes(
  file: ListedFile,
  findings: readonly PlacedFinding[],
  groupedBy: Grouping,
  prefix: string,
): FindingNode[] {
  const seen = new Map<string, number>();
  return [...findings].sort(byPlace).map((finding) => {
    const { start } = finding.place;
    const place = `${prefix}${file.uri} ${finding.cell ?? ''}:${start.line}:${start.column} ${finding.code}`;
    const count = seen.get(place) ?? 0;
    seen.set(place, count + 1);
    return { kind: 'finding', id: count === 0 ? place : `${place} ${count}`, file, finding, groupedBy };
  });
}

function summaryOf(findings: readonly PlacedFinding[]): { readonly count: number; readonly severity: Severity } {
  const worst = SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity));
  return { count: findings.length, severity: worst ?? 'hint' };
}

function byPlace(a: PlacedFinding, b: PlacedFinding): number {
  return (
    (a.cell ?? 0) - (b.cell ?? 0) ||
    a.place.start.line - b.place.start.line ||
    a.place.start.column - b.place.start.column ||
    compare(a.code, b.code)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How many findings the nodes hold. */
export function countOf(nodes: readonly FindingNode[]): number {
  return nodes.reduce((sum, node) => sum + (node.kind === 'finding' ? 1 : node.count), 0);
}
