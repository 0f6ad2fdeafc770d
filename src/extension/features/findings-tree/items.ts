// How the tree of findings looks: labels, icons, tooltips, and what a screen reader says.

import * as vscode from 'vscode';
import type { Confidence, Severity } from '../../../analyzer/finding';
import type { PlacedFinding } from '../../placed-finding';
import type { FindingNode } from './model';

export const OPEN_FINDING_COMMAND = 'nanlens.openFinding';

/** More than this are shown folded at first. */
const MANY = 60;

export function itemOf(node: FindingNode, total: number): vscode.TreeItem {
  const item = node.kind === 'finding' ? findingItem(node) : groupItem(node, total);
  item.id = node.id;
  return item;
}

function groupItem(node: Exclude<FindingNode, { kind: 'finding' }>, total: number): vscode.TreeItem {
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const state = node.kind === 'folder' || total <= MANY ? Expanded : Collapsed;
  const item = new vscode.TreeItem('', state);
  const found = counted(node.count);
  item.contextValue = node.kind;
  if (node.kind === 'folder') {
    item.label = node.uri === undefined ? vscode.l10n.t('Outside of the workspace') : node.name;
    item.iconPath = new vscode.ThemeIcon('root-folder');
    item.description = String(node.count);
    item.accessibilityInformation = { label: `${item.label}, ${found}` };
  } else if (node.kind === 'rule') {
    item.label = node.name;
    item.iconPath = severityIcon(node.severity);
    item.description = `${node.code} · ${node.count}`;
    item.tooltip = `${node.code} ${node.name}: ${found}`;
    item.accessibilityInformation = { label: `${severityWord(node.severity)}: ${node.code} ${node.name}, ${found}` };
  } else {
    const { path, uri } = node.file;
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(0, slash));
    item.label = path.slice(slash + 1);
    // Its name gives the icon. Under the file's own scheme VS Code would put a second count beside ours.
    item.resourceUri = vscode.Uri.parse(uri, true).with({ scheme: 'nanlens-listed' });
    item.iconPath = vscode.ThemeIcon.File;
    item.description = folder === '' ? String(node.count) : `${folder} · ${node.count}`;
    item.tooltip = `${path}: ${found}`;
    item.accessibilityInformation = { label: `${path}, ${found}` };
  }
  return item;
}

function findingItem({ finding, file, groupedBy }: FindingNode & { kind: 'finding' }): vscode.TreeItem {
  const place = placeWords(finding);
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const item = new vscode.TreeItem(groupedBy === 'file' ? finding.message : `${name}, ${place}`);
  item.description = groupedBy === 'file' ? `${finding.code} · ${place}` : finding.message;
  item.iconPath = severityIcon(finding.severity);
  item.contextValue = finding.isFixable ? 'finding.fixable' : 'finding';
  item.tooltip = `${finding.message}\n\n${finding.code} ${finding.name} · ${confidenceWord(finding.confidence)}\n${file.path}, ${place}`;
  item.accessibilityInformation = {
    label: `${severityWord(finding.severity)}: ${finding.message} ${finding.code}, ${file.path}, ${place}`,
  };
  item.command = { command: OPEN_FINDING_COMMAND, title: vscode.l10n.t('Open'), arguments: [file.uri, finding] };
  return item;
}

export function placeWords({ cell, place }: PlacedFinding): string {
  const line = place.start.line + 1;
  return cell === undefined ? vscode.l10n.t('line {0}', line) : vscode.l10n.t('cell {0}, line {1}', cell, line);
}

export function counted(count: number): string {
  return count === 1 ? vscode.l10n.t('1 finding') : vscode.l10n.t('{0} findings', count);
}

function severityIcon(severity: Severity): vscode.ThemeIcon {
  if (severity === 'error') return new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground'));
  if (severity === 'warning') {
    return new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground'));
  }
  const id = severity === 'information' ? 'info' : 'lightbulb';
  return new vscode.ThemeIcon(id, new vscode.ThemeColor('problemsInfoIcon.foreground'));
}

function severityWord(severity: Severity): string {
  if (severity === 'error') return vscode.l10n.t('Error');
  if (severity === 'warning') return vscode.l10n.t('Warning');
  return severity === 'information' ? vscode.l10n.t('Information') : vscode.l10n.t('Hint');
}

function confidenceWord(confidence: Confidence): string {
  if (confidence === 'proven') return vscode.l10n.t('proven');
  return confidence === 'likely' ? vscode.l10n.t('likely') : vscode.l10n.t('possible, not proven');
}
