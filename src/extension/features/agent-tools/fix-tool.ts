// The language-model tool that applies a fix: the person sees the change first, and what is applied is what they saw.

import * as vscode from 'vscode';
import { boundedDiff } from '../../../agent/answers';
import type { ToolArguments } from '../../../agent/arguments';
import { chooseFix, fixRequest, placeFindings } from '../../../agent/fix-choice';
import { ToolError } from '../../../agent/tool';
import type { Fix } from '../../../analyzer/finding';
import { applyEdits } from '../../../text/edit';
import { unifiedDiff } from '../../../text/unified-diff';
import type { EngineClient } from '../../engine/client';
import type { Configurations } from '../../project/configurations';
import { addEdits } from '../../ranges';
import { changeAsMarkdown } from './change-markdown';
import { findPath, shownPath } from './find-path';
import { analysedProgram } from './program';

interface Proposal {
  readonly path: string;
  readonly code: string;
  readonly fix: Fix;
  readonly document: vscode.TextDocument;
  /** Of the document, when the fix was worked out. */
  readonly version: number;
  readonly diff: string;
}

/** More are not asked about at a time. */
const MOST_PROPOSALS = 20;

export class FixTool {
  /** What a person was shown, by the input that it answers. */
  private readonly shown = new Map<string, string>();

  constructor(private readonly parts: { readonly engine: EngineClient; readonly configurations: Configurations }) {}

  private async propose(args: ToolArguments): Promise<Proposal> {
    const uri = await findPath(args.requiredText('path'));
    const { documents, cells, texts, versions, results } = await analysedProgram(uri, this.parts);
    const program = results.map(({ findings }, i) => ({ text: texts[i] ?? '', cell: cells[i] ?? null, findings }));
    const { at, fix } = chooseFix(placeFindings(program), fixRequest(args));
    const document = documents[at.index];
    const version = versions[at.index];
    const text = texts[at.index];
    if (document === undefined || version === undefined || text === undefined) {
      throw new ToolError('The text changed in the meantime; check the file again.');
    }
    const path = shownPath(uri);
    const name = at.cell === null ? path : `${path} cell ${at.cell}`;
    const diff = unifiedDiff(name, text, applyEdits(text, fix.edits));
    return { path, code: at.finding.code, fix, document, version, diff };
  }

  /** What the person is asked; undefined where there is nothing to agree to, of which `invoke` will tell. */
  async confirmation(
    args: ToolArguments,
    input: unknown,
  ): Promise<vscode.LanguageModelToolConfirmationMessages | undefined> {
    let proposal: Proposal;
    try {
      proposal = await this.propose(args);
    } catch (error) {
      if (error instanceof ToolError) return undefined;
      throw error;
    }
    const { path, code, fix, diff } = proposal;
    this.remember(JSON.stringify(input), diff);
    const warning = fix.safety === 'safe' ? undefined : vscode.l10n.t('This fix may change results.');
    const message = new vscode.MarkdownString(changeAsMarkdown({ path, title: fix.title, code, warning, diff }));
    message.isTrusted = false;
    message.supportHtml = false;
    return {
      title:
        fix.safety === 'safe'
          ? vscode.l10n.t('Apply a fix of NaN Lens?')
          : vscode.l10n.t('Apply a fix of NaN Lens that may change results?'),
      message,
    };
  }

  private remember(input: string, diff: string): void {
    this.shown.delete(input);
    this.shown.set(input, diff);
    const [oldest] = this.shown.keys();
    if (this.shown.size > MOST_PROPOSALS && oldest !== undefined) this.shown.delete(oldest);
  }

  async apply(args: ToolArguments, input: unknown): Promise<object> {
    const key = JSON.stringify(input);
    const agreed = this.shown.get(key);
    this.shown.delete(key);
    const { path, code, fix, document, version, diff } = await this.propose(args);
    if (agreed !== diff) {
      throw new ToolError('The file is not as it was when the user agreed, so nothing was changed. Try again.');
    }
    const edit = addEdits(new vscode.WorkspaceEdit(), document, fix.edits);
    if (document.version !== version || !(await vscode.workspace.applyEdit(edit))) {
      throw new ToolError('The text changed in the meantime, so nothing was changed. Try again.');
    }
    const notes = document.isDirty ? ['the file is changed in the editor and not saved yet'] : [];
    return { path, code, title: fix.title, safety: fix.safety, isApplied: true, diff: boundedDiff(diff, notes), notes };
  }
}
