// The blamed line with its source, and the calls that led to it, with the library's own folded away.

import '@vscode-elements/elements/dist/vscode-button/index.js';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AnomalyView, FrameView } from '../protocol/dump-view';
import type { FixOffer, FixOutcome, JumpOutcome, WorkspaceExcerpt } from '../protocol/messages';
import { arrow } from './icons';
import { codeListing, fold, type Markup } from './markup';
import type { PageContext } from './page-context';

type FrameGroup =
  | { readonly kind: 'user'; readonly frame: FrameView; readonly index: number }
  | { readonly kind: 'library'; readonly frames: readonly FrameView[]; readonly firstIndex: number };

@customElement('nanlens-stack')
export class StackElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @property({ attribute: false }) anomaly?: AnomalyView;
  @property({ type: Number }) index = 0;
  @property({ type: Number }) generation = 0;

  @state() private fromWorkspace: WorkspaceExcerpt | null = null;
  @state() private fix: FixOffer | null = null;
  @state() private outcome = '';

  protected override createRenderRoot(): this {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('anomaly') && !changed.has('generation')) return;
    const before = blamedFrame(changed.get('anomaly'));
    const now = blamedFrame(this.anomaly);
    // A log that grows is shown anew again and again; what it blames mostly stays.
    if (before?.path !== now?.path || before?.line !== now?.line) {
      this.fromWorkspace = null;
      this.fix = null;
      this.outcome = '';
    }
    void this.loadWorkspaceExcerpt();
    void this.loadFix();
  }

  protected override render(): Markup {
    const { context, anomaly } = this;
    if (!context || !anomaly) return nothing;
    if (anomaly.frames.length === 0) return html`<p class="quiet">${context.text('noUserFrame')}</p>`;
    const { blamed } = anomaly;
    const frame = blamed === null ? undefined : anomaly.frames[blamed];
    return html`
      ${
        frame && blamed !== null
          ? this.blamedFrame(context, frame, blamed)
          : html`<p class="quiet">${context.text('noUserFrame')}</p>`
      }
      <p class="jump-outcome" role="status">${this.outcome}</p>
      ${anomaly.frames.length > 1 ? this.calls(context, anomaly) : nothing}
    `;
  }

  /** Asks the host to show the blamed line in an editor. */
  async goToBlamed(): Promise<JumpOutcome | undefined> {
    const blamed = this.anomaly?.blamed ?? null;
    return blamed === null ? undefined : this.goTo(blamed);
  }

  private blamedFrame(context: PageContext, frame: FrameView, index: number): TemplateResult {
    const known = this.fromWorkspace;
    const useWorkspace = known !== null && known.agreement !== 'differs';
    const excerpt = useWorkspace ? known.excerpt : frame.excerpt;
    return html`<div class="blamed">
      <div class="place-row">
        ${this.place(context, frame, index)}
        <span class="place-actions">
          ${
            this.fix
              ? html`<vscode-button title=${this.fix.title} @click=${() => this.applyFix()}>${context.text('applyFix')}</vscode-button>`
              : nothing
          }
          <vscode-button secondary @click=${() => this.goTo(index)}>${context.text('goToLine')}</vscode-button>
        </span>
      </div>
      ${excerpt ? codeListing(context, excerpt, useWorkspace ? known.label : context.text('fromArtefact')) : nothing}
      ${known ? html`<p class="quiet origin ${known.agreement}">${this.origin(context, known)}</p>` : nothing}
    </div>`;
  }

  private origin(context: PageContext, { agreement, label }: WorkspaceExcerpt): string {
    if (agreement === 'differs') return context.text('fromWorkspaceDiffers', label);
    return context.text(agreement === 'moved' ? 'fromWorkspaceMoved' : 'fromWorkspace', label);
  }

  private place(context: PageContext, frame: FrameView, index: number): TemplateResult {
    const name = fileName(frame.path);
    return html`<span class="place">
      <button
        type="button"
        class="link"
        title=${context.text('goToPlace', frame.path, frame.line)}
        @click=${() => this.goTo(index)}
      >${name}:${frame.line}</button>
      ${frame.function === null ? nothing : html`<span class="quiet">${inFunction(context, frame.function)}</span>`}
    </span>`;
  }

  /** Innermost call first, as debuggers show them. */
  private calls(context: PageContext, anomaly: AnomalyView): TemplateResult {
    const groups = groupFrames(anomaly.frames).reverse();
    return html`<ol class="calls" reversed>
        ${groups.map((group) =>
          group.kind === 'user'
            ? html`<li class="call ${group.index === anomaly.blamed ? 'is-blamed' : ''}">
                ${group.index === anomaly.blamed ? arrow : nothing}
                ${this.place(context, group.frame, group.index)}
                ${group.index === anomaly.blamed ? nothing : callText(group.frame)}
              </li>`
            : html`<li class="call library">${this.libraryCalls(context, group)}</li>`,
        )}
      </ol>
      ${
        anomaly.framesLeftOut > 0
          ? html`<p class="quiet">${context.text('framesLeftOut', anomaly.framesLeftOut)}</p>`
          : nothing
      }`;
  }

  private libraryCalls(context: PageContext, group: Extract<FrameGroup, { kind: 'library' }>): TemplateResult {
    const { frames } = group;
    const title = frames.length === 1 ? context.text('libraryFrame') : context.text('libraryFrames', frames.length);
    return fold(
      context,
      `frames-${this.index}-${group.firstIndex}`,
      title,
      () => html`<ol class="calls">
        ${[...frames].reverse().map(
          (frame) => html`<li class="call">
            <span class="place"><span class="library-path">${frame.path}:${frame.line}</span>
            ${frame.function === null ? nothing : html`<span class="quiet">${inFunction(context, frame.function)}</span>`}</span>
            ${callText(frame)}
          </li>`,
        )}
      </ol>`,
      () => this.requestUpdate(),
    );
  }

  private async goTo(frame: number): Promise<JumpOutcome | undefined> {
    const { context, index, generation } = this;
    if (!context) return undefined;
    try {
      const outcome = await context.host.request('goToLine', { generation, anomaly: index, frame });
      this.outcome = outcome.message;
      return outcome;
    } catch (error) {
      this.outcome = error instanceof Error ? error.message : String(error);
      return { outcome: 'not-found', message: this.outcome };
    }
  }

  private async loadFix(): Promise<void> {
    const { context, anomaly, index, generation } = this;
    if (!context || !anomaly || anomaly.blamed === null) return;
    try {
      const offer = await context.host.request('fixOffer', { generation, anomaly: index });
      if (this.anomaly === anomaly && this.generation === generation) this.fix = offer;
    } catch {
      // Nothing is offered then.
    }
  }

  /** Undefined where no fix is offered. */
  async applyFix(): Promise<FixOutcome | undefined> {
    const { context, index, generation, fix } = this;
    if (!context || !fix) return undefined;
    try {
      const outcome = await context.host.request('applyFix', { generation, anomaly: index });
      this.outcome = outcome.message;
      // What is mended is not offered again, and the source reads differently now.
      if (outcome.outcome === 'applied') await Promise.all([this.loadFix(), this.loadWorkspaceExcerpt()]);
      return outcome;
    } catch (error) {
      this.outcome = error instanceof Error ? error.message : String(error);
      return { outcome: 'refused', message: this.outcome };
    }
  }

  private async loadWorkspaceExcerpt(): Promise<void> {
    const { context, anomaly, index, generation } = this;
    const blamed = anomaly?.blamed ?? null;
    if (!context || !anomaly || blamed === null) return;
    try {
      const found = await context.host.request('workspaceExcerpt', { generation, anomaly: index, frame: blamed });
      if (this.anomaly === anomaly && this.generation === generation) this.fromWorkspace = found;
    } catch {
      // What the artefact recorded is shown instead.
    }
  }
}

function blamedFrame(anomaly: AnomalyView | undefined): FrameView | undefined {
  return anomaly?.frames[anomaly.blamed ?? -1];
}

function inFunction(context: PageContext, name: string): string {
  return context.text('inFunction', name);
}

function callText({ excerpt, line }: FrameView): Markup {
  const text = excerpt?.lines[line - excerpt.firstLine]?.trim();
  return text ? html`<code class="call-text">${text}</code>` : nothing;
}

export function fileName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

function groupFrames(frames: readonly FrameView[]): FrameGroup[] {
  const groups: FrameGroup[] = [];
  for (const [index, frame] of frames.entries()) {
    const last = groups.at(-1);
    if (frame.isUser) groups.push({ kind: 'user', frame, index });
    else if (last?.kind === 'library') groups[groups.length - 1] = { ...last, frames: [...last.frames, frame] };
    else groups.push({ kind: 'library', frames: [frame], firstIndex: index });
  }
  return groups;
}
