// The place of a bad value in a settings.json or .code-workspace: text in, problems with spans out.

import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { RuleInfo } from '../../analyzer/finding';
import type { Span } from '../../text/span';
import { rawSettings, readSettings } from '../settings-model';

export interface PlacedSettingProblem {
  readonly message: string;
  readonly span: Span;
}

/**
 * Never throws: what a half-typed file does say counts.
 *
 * @param inside the key below which the settings stand: "settings" in a .code-workspace
 */
export function settingProblems(
  text: string,
  rules: readonly RuleInfo[],
  inside: readonly string[] = [],
): PlacedSettingProblem[] {
  if (!text.includes('nanlens.')) return [];
  const root = parseTree(text, [], { allowTrailingComma: true, disallowComments: false });
  const settings = root && findNodeAtLocation(root, [...inside]);
  if (!settings) return [];
  const raw = rawSettings((name) => plainValue(findNodeAtLocation(settings, [`nanlens.${name}`])));
  return readSettings(raw, rules).problems.map(({ message, path }) => {
    const { offset, length } = findNodeAtLocation(settings, [...path]) ?? settings;
    return { message, span: { start: offset, end: offset + length } };
  });
}

function plainValue(node: Node | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type !== 'object') return node.value;
  const pairs = (node.children ?? []).map(({ children: [key, value] = [] }) => [String(key?.value), plainValue(value)]);
  return Object.fromEntries(pairs);
}
