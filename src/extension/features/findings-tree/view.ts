// The view of all findings: what it shows, how it is grouped, and what its title bar says.

import * as vscode from 'vscode';
import { pathBelow } from '../../../project/file-tree';
import { Debouncer } from '../../analysis/debounce';
import type { AnalysisService } from '../../analysis/service';
import type { Clock } from '../../engine/clock';
import { currentFindings } from '../../workspace-check/current';
import type { CheckedFiles } from '../../workspace-check/store';
import { counted, itemOf } from './items';
import { countOf, type FindingNode, findingTree, type Grouping, type ListedFile } from './model';

const VIEW = 'nanlens.findings';
const GROUPING_KEY = 'nanlens.findings.groupedBy';

/** Milliseconds. While a check runs, files come in by the dozen. */
const PAUSE = 100;
const LONGEST_WAIT = 1000;
/** VS Code hands on a change of the tree after 200 ms; a tree that is being drawn then loses branches. */
const HANDED_ON = 300;

export class FindingsView implements vscode.TreeDataProvider<FindingNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly tree: vscode.TreeView<FindingNode>;
  private readonly debouncer: Debouncer;
  private readonly subscriptions: readonly vscode.Disposable[];
  private roots: readonly FindingNode[] = [];
  /** The tree as VS Code knows it. */
  private drawn = '';
  private isOffered = false;

  constructor(
    private readonly service: AnalysisService,
    private readonly checked: CheckedFiles,
    private readonly memory: vscode.Memento,
    private readonly clock: Clock,
  ) {
    this.debouncer = new Debouncer(clock, PAUSE, LONGEST_WAIT);
    this.tree = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    const { registerCommand } = vscode.commands;
    const refresh = (): void => this.debouncer.schedule('', () => this.rebuild());
    this.subscriptions = [
      this.tree,
      this.changed,
      service.onDidChangeFindings(refresh),
      checked.onDidChange(refresh),
      vscode.workspace.onDidChangeWorkspaceFolders(refresh),
      registerCommand('nanlens.groupFindingsByFile', () => this.group('file')),
      registerCommand('nanlens.groupFindingsByRule', () => this.group('rule')),
    ];
    this.group(this.grouping);
  }

  get grouping(): Grouping {
    return this.memory.get(GROUPING_KEY) === 'rule' ? 'rule' : 'file';
  }

  /** A sentence above the tree; none where it is undefined. */
  set message(words: string | undefined) {
    // The type of VS Code's property does not allow for undefined, its documentation does.
    this.tree.message = words as string;
  }

  get message(): string | undefined {
    return this.tree.message || undefined;
  }

  /** From now on the view is there, whether it is empty or not. */
  offer(): void {
    if (this.isOffered) return;
    this.isOffered = true;
    void vscode.commands.executeCommand('setContext', 'nanlens.findingsOffered', true);
  }

  /** Brings the view to sight without taking the keyboard from where it is. */
  async show(): Promise<void> {
    this.debouncer.cancelAll();
    if (this.rebuild()) await new Promise<void>((resolve) => this.clock.after(HANDED_ON, resolve));
    await vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
  }

  getTreeItem(node: FindingNode): vscode.TreeItem {
    return itemOf(node, countOf(this.roots));
  }

  getChildren(node?: FindingNode): FindingNode[] {
    if (!node) return [...this.roots];
    return node.kind === 'finding' ? [] : [...node.children];
  }

  dispose(): void {
    this.debouncer.cancelAll();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private group(grouping: Grouping): void {
    void this.memory.update(GROUPING_KEY, grouping);
    void vscode.commands.executeCommand('setContext', 'nanlens.findingsGroupedBy', grouping);
    this.rebuild(grouping);
  }

  /** @returns whether anything is other than before */
  private rebuild(grouping = this.grouping): boolean {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri, name }) => ({ uri: uri.toString(), name }));
    const roots = findingTree(currentFindings(this.service, this.checked).map(listed), grouping, folders);
    const drawn = JSON.stringify(roots);
    if (drawn === this.drawn) return false;
    this.drawn = drawn;
    this.roots = roots;
    const count = countOf(this.roots);
    if (count > 0) this.offer();
    this.tree.description = count === 0 ? '' : counted(count);
    this.tree.badge = count === 0 ? undefined : { value: count, tooltip: counted(count) };
    this.changed.fire(undefined);
    return true;
  }
}

function listed({ uri, findings }: ReturnType<typeof currentFindings>[number]): ListedFile {
  const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  const path = (folder && pathBelow(folder.path, uri.path)) || uri.path;
  return { uri: uri.toString(), folder: folder?.toString(), path, findings };
}
