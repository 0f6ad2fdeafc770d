// Finds the file here that a frame of another machine means, asking where more than one could be meant.

import * as vscode from 'vscode';
import { FrameFiles } from './frame-files';
import {
  applyMapping,
  bestSuffixMatches,
  type FolderMapping,
  globForName,
  isAbsolutePath,
  mappingOf,
  pathSegments,
} from './path-suffix';

/** Files of one name beyond which nobody would choose from a list. */
const mostCandidates = 300;
const skippedFolders = '**/{node_modules,.git,__pycache__,site-packages,dist-packages,.venv,venv}/**';

export type Located =
  | { readonly kind: 'found'; readonly uri: vscode.Uri }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'not-found'; readonly reason: string };

/** Remembers what it was told, so that one answer serves all frames of a run. */
export class FrameLocator implements vscode.Disposable {
  private readonly chosen = new Map<string, vscode.Uri>();
  private readonly mappings: FolderMapping[] = [];
  private readonly candidates = new Map<string, Thenable<readonly vscode.Uri[]>>();
  private readonly learned = new vscode.EventEmitter<void>();
  /** Fires when a person has said which file a path means. */
  readonly onDidLearn = this.learned.event;

  constructor(private readonly dump: vscode.Uri) {}

  dispose(): void {
    this.learned.dispose();
  }

  /** Only what needs no question and lies in the workspace: for showing source without being asked to. */
  async locateQuietly(path: string): Promise<vscode.Uri | undefined> {
    const known = await this.known(path);
    if (known) return known;
    const matches = await this.matches(path);
    return matches.length === 1 ? matches[0] : undefined;
  }

  async locate(path: string): Promise<Located> {
    const segments = pathSegments(path);
    if (!segments || /(?:^|[\\/])ipykernel_\d+[\\/]/.test(path)) {
      return {
        kind: 'not-found',
        reason: vscode.l10n.t('{0} is not a file: it was code of a notebook cell or a prompt.', path),
      };
    }
    const known = await this.known(path);
    if (known) return { kind: 'found', uri: known };
    const matches = await this.matches(path);
    const [only] = matches;
    if (only && matches.length === 1) return { kind: 'found', uri: only };
    if (matches.length > 1) return this.choose(path, matches);
    return this.outside(path);
  }

  /** What was chosen before, follows from a choice, or stands in the workspace under that very path. */
  private async known(path: string): Promise<vscode.Uri | undefined> {
    const chosen = this.chosen.get(path);
    if (chosen) return chosen;
    for (const mapping of this.mappings) {
      const mapped = applyMapping(mapping, path);
      const uri = mapped === undefined ? undefined : this.uriOf(mapped);
      if (uri && isInWorkspace(uri) && (await FrameFiles.exists(uri))) return uri;
    }
    if (!isAbsolutePath(path)) return undefined;
    const uri = this.uriOf(path);
    return isInWorkspace(uri) && (await FrameFiles.exists(uri)) ? uri : undefined;
  }

  private async matches(path: string): Promise<readonly vscode.Uri[]> {
    const name = pathSegments(path)?.at(-1);
    if (name === undefined) return [];
    const files = await this.named(name);
    const best = new Set(
      bestSuffixMatches(
        path,
        files.map((uri) => uri.path),
      ),
    );
    return files.filter((uri) => best.has(uri.path));
  }

  /** Files of the workspace with this name, and one beside the dump, which may lie outside of it. */
  private named(name: string): Thenable<readonly vscode.Uri[]> {
    const before = this.candidates.get(name);
    if (before) return before;
    const search = async () => {
      const found = await vscode.workspace.findFiles(globForName(name), skippedFolders, mostCandidates);
      const same = found.filter((uri) => pathSegments(uri.path)?.at(-1) === name);
      if (vscode.workspace.workspaceFolders?.length) return same;
      const sibling = vscode.Uri.joinPath(this.dump, '..', name);
      return (await FrameFiles.exists(sibling)) ? [...same, sibling] : same;
    };
    const searching = search();
    this.candidates.set(name, searching);
    // Files come and go; the answer is kept only for the frames of one look at the dump.
    setTimeout(() => this.candidates.delete(name), 5000);
    return searching;
  }

  private async choose(path: string, matches: readonly vscode.Uri[]): Promise<Located> {
    const items = matches.map((uri) => ({ label: vscode.workspace.asRelativePath(uri, true), uri }));
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Which file is {0}?', path),
      placeHolder: vscode.l10n.t('Several files of the workspace could be meant'),
    });
    return picked ? this.remember(path, picked.uri) : { kind: 'cancelled' };
  }

  /** A dump must not open files of this machine by itself: outside the workspace a person decides. */
  private async outside(path: string): Promise<Located> {
    const uri = this.uriOf(path);
    const exists = isAbsolutePath(path) && (await FrameFiles.exists(uri));
    const openIt = vscode.l10n.t('Open {0}', path);
    const browse = vscode.l10n.t('Choose the File…');
    const picked = await vscode.window.showQuickPick(exists ? [openIt, browse] : [browse], {
      title: exists
        ? vscode.l10n.t('{0} lies outside the workspace', path)
        : vscode.l10n.t('{0} is not in the workspace', path),
      placeHolder: vscode.l10n.t('Where is this file here?'),
    });
    if (picked === openIt) return this.remember(path, uri);
    if (picked !== browse) return { kind: 'cancelled' };
    const [file] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Which file is {0}?', path) })) ?? [];
    return file ? this.remember(path, file) : { kind: 'cancelled' };
  }

  private remember(path: string, uri: vscode.Uri): Located {
    this.chosen.set(path, uri);
    const mapping = mappingOf(path, uri.path);
    if (mapping) this.mappings.unshift(mapping);
    this.learned.fire();
    return { kind: 'found', uri };
  }

  /** A path of the dump as a file of the machine on which the workspace, or else the dump, lies. */
  private uriOf(path: string): vscode.Uri {
    const base = vscode.workspace.workspaceFolders?.[0]?.uri ?? this.dump;
    const slashes = path.replaceAll('\\', '/');
    return base.with({ path: slashes.startsWith('/') ? slashes : `/${slashes}`, query: '', fragment: '' });
  }
}

function isInWorkspace(uri: vscode.Uri): boolean {
  return !uri.path.split('/').includes('..') && vscode.workspace.getWorkspaceFolder(uri) !== undefined;
}
