// The page as a whole: what is read, or why it cannot be, in the order in which a person wants to know it.

import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import './chart';
import './label-counts';
import './nan-map';
import './operation-table';
import './raw-text';
import './stack';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type {
  AnomalyView,
  ComparisonView,
  DumpView,
  OperationsView,
  RecordingView,
  SeriesView,
  Verdict,
} from '../protocol/dump-view';
import type { FixOutcome, HostMethods, JumpOutcome, PageSetup, ReadProgress, ViewState } from '../protocol/messages';
import { protocolVersion } from '../protocol/messages';
import type { StringKey } from '../protocol/strings';
import { anomalyDetails, kindOf, roleOf, whenOf } from './anomaly-details';
import { broken, healthy, notice, unreadable } from './icons';
import { fold, type Markup, section, withCode } from './markup';
import { formatBytes } from './number-format';
import type { PageContext } from './page-context';
import { batchPanel, fidelityPanel, ranksPanel, saysOfBatch } from './recording-panels';
import type { StackElement } from './stack';
import { tensorTable } from './tensor-table';

/** Charts that stand open at once; the rest waits behind a fold. */
const openCharts = 6;

@customElement('nanlens-viewer')
export class ViewerElement extends LitElement {
  @property({ attribute: false }) context?: PageContext;
  @state() shown: ViewState | undefined;
  @state() private fault = '';
  @state() private status = '';
  @state() private comparison: ComparisonView | null = null;

  private needsScroll = true;

  protected override createRenderRoot(): this {
    return this;
  }

  /** Asks the host what to show. */
  async connect(): Promise<void> {
    const { context } = this;
    if (!context) return;
    try {
      const setup: PageSetup = await context.host.request('ready', { version: protocolVersion });
      context.use(setup);
      document.documentElement.lang = setup.language;
      this.comparison = setup.comparison;
      this.show(setup.state);
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
    }
  }

  show(next: ViewState): void {
    if (this.shown && next.generation < this.shown.generation) return;
    this.shown = next;
    this.status = '';
  }

  /** Does what a press of *Apply Fix* does. */
  async pressApplyFix(): Promise<FixOutcome> {
    const outcome = await this.querySelector<StackElement>('nanlens-stack')?.applyFix();
    return outcome ?? { outcome: 'refused', message: '' };
  }

  /** Does what a press of *Go to Line* does. */
  async pressGoToLine(): Promise<JumpOutcome> {
    const outcome = await this.querySelector<StackElement>('nanlens-stack')?.goToBlamed();
    return outcome ?? { outcome: 'not-found', message: '' };
  }

  protected override updated(): void {
    if (!this.needsScroll || this.shown?.status !== 'shown' || !this.context) return;
    this.needsScroll = false;
    const { scroll } = this.context.state;
    if (scroll > 0) requestAnimationFrame(() => scrollTo({ top: scroll }));
  }

  protected override render(): Markup {
    const { context, shown } = this;
    if (!context) return nothing;
    if (this.fault !== '') return html`<main>${this.sorry(context, context.text('disconnected', this.fault))}</main>`;
    if (!shown) return nothing;
    return html`<main data-status=${shown.status}>${this.content(context, shown)}</main>`;
  }

  private content(context: PageContext, shown: ViewState): TemplateResult {
    if (shown.status === 'reading') return reading(context, shown, () => this.ask('stopReading', null));
    if (shown.status === 'failed') return this.sorry(context, shown.message);
    const { view, generation } = shown;
    const [first, ...others] = view.anomalies;
    return html`
      ${this.verdict(context, view, shown.notice, shown.progress)}
      ${first ? section('failure', context.text('failure'), this.details(context, withoutRepeat(first, view.verdict))) : nothing}
      ${view.series.length > 0 ? section('timeline', context.text('timeline'), this.timeline(context, view, generation)) : nothing}
      ${view.operations ? section('operations', context.text('modulesAndOperations'), this.operations(context, view.operations, generation)) : nothing}
      ${first ? section('frames', context.text('frames'), this.stack(context, first, 0)) : nothing}
      ${
        first && first.stats.length > 0
          ? section('tensors', context.text('tensors'), tensorTable(context, first.stats, context.text('tensors')))
          : nothing
      }
      ${view.recording ? this.recording(context, view.recording, generation) : nothing}
      ${view.ranks.length > 0 ? section('ranks', context.text('ranksPanel'), ranksPanel(context, view.ranks)) : nothing}
      ${first?.hasText ? section('text', context.text('rawText'), this.rawText(context, generation)) : nothing}
      ${others.length > 0 ? section('events', context.text('otherEvents'), this.otherEvents(context, view, others)) : nothing}
      ${view.problems.length > 0 ? section('problems', context.text('problems'), this.problems(context, view)) : nothing}
    `;
  }

  private sorry(context: PageContext, message: string): TemplateResult {
    return html`<header class="verdict neutral">
      <h1><span class="verdict-icon">${unreadable}</span><span class="sentence">${context.text('failedHeading')}</span></h1>
      <p class="failed-message" role="alert">${message}</p>
      <div class="actions">
        <vscode-button @click=${() => this.ask('reload', null)}>${context.text('tryAgain')}</vscode-button>
      </div>
    </header>`;
  }

  /** Says that there is more to the file, and lets the person end the reading or go on with it. */
  private unfinished(context: PageContext, progress: ReadProgress): TemplateResult {
    const { isStopped } = progress;
    const method = isStopped ? 'reload' : 'stopReading';
    return html`<p class="remark unfinished" data-stopped=${isStopped}>
      ${isStopped ? notice : html`<vscode-progress-ring aria-hidden="true"></vscode-progress-ring>`}
      <span>${context.text(isStopped ? 'readingStopped' : 'stillReading', shareRead(context, progress))}</span>
      <button type="button" class="toggle" @click=${() => this.ask(method, null)}
        >${context.text(isStopped ? 'readToTheEnd' : 'cancelReading')}</button>
    </p>`;
  }

  private verdict(
    context: PageContext,
    view: DumpView,
    remark: string | null,
    progress: ReadProgress | null,
  ): TemplateResult {
    const mood = moodOf(view);
    const { generation } = this.shown ?? { generation: 0 };
    const jumps = (view.anomalies[0]?.blamed ?? null) !== null;
    return html`<header class="verdict ${mood}">
      <h1><span class="verdict-icon">${moodIcons[mood]}</span><span class="sentence">${withCode(view.verdict.sentence)}</span></h1>
      ${confidence(context, view.verdict, mood)}
      <p class="artefact">
        <span class="artefact-name">${view.name}</span>
        <vscode-badge>${view.format}</vscode-badge>
        ${view.framework === null ? nothing : html`<vscode-badge>${view.framework}</vscode-badge>`}
      </p>
      ${remark === null ? nothing : html`<p class="remark">${notice}<span>${remark}</span></p>`}
      ${progress ? this.unfinished(context, progress) : nothing}
      <div class="actions">
        ${
          jumps
            ? html`<vscode-button @click=${() => this.pressGoToLine()}>${context.text('goToLine')}</vscode-button>`
            : nothing
        }
        <vscode-button secondary @click=${() => this.copy(context, generation)}>${context.text('copyMarkdown')}</vscode-button>
        ${
          view.series.length === 0 && !view.operations
            ? nothing
            : html`<vscode-button secondary @click=${() => this.compare(context, generation)}>${context.text('compareWithGoodRun')}</vscode-button>`
        }
        <vscode-button secondary @click=${() => this.ask('openAsText', { generation, anomaly: view.anomalies.length > 0 ? 0 : null })}
          >${context.text('openAsText')}</vscode-button>
        <span class="status" role="status">${this.status}</span>
      </div>
      ${this.comparison ? this.comparedWith(context, this.comparison) : nothing}
    </header>`;
  }

  private stack(context: PageContext, anomaly: AnomalyView, index: number): TemplateResult {
    const { generation } = this.shown ?? { generation: 0 };
    return html`<nanlens-stack .context=${context} .anomaly=${anomaly} .index=${index} .generation=${generation}></nanlens-stack>`;
  }

  private operations(context: PageContext, table: OperationsView, generation: number): TemplateResult {
    return html`<nanlens-operations
      .context=${context}
      .table=${table}
      .generation=${generation}
      .comparison=${this.comparison && this.comparison.operationsMatched > 0 ? this.comparison : null}
    ></nanlens-operations>`;
  }

  private recording(context: PageContext, recording: RecordingView, generation: number): TemplateResult {
    const { batch, fidelity, run, tensorsFile } = recording;
    return html`
      ${
        tensorsFile === null
          ? nothing
          : section(
              'nan-map',
              context.text('nanMap'),
              html`<nanlens-nan-map .context=${context} .generation=${generation}></nanlens-nan-map>`,
            )
      }
      ${
        batch && saysOfBatch(batch)
          ? section(
              'batch',
              context.text('batchPanel'),
              html`${batchPanel(context, batch)}${
                tensorsFile === null
                  ? nothing
                  : html`<nanlens-label-counts .context=${context} .generation=${generation}></nanlens-label-counts>`
              }`,
            )
          : nothing
      }
      ${section('fidelity', context.text('fidelity'), fidelityPanel(context, fidelity, run))}
    `;
  }

  private details(context: PageContext, anomaly: AnomalyView): TemplateResult {
    return anomalyDetails(context, anomaly, (code) => this.ask('openRule', { code }));
  }

  private timeline(context: PageContext, view: DumpView, generation: number): TemplateResult {
    const good = new Map(this.comparison?.series.map(({ name, window }) => [name, window]));
    const chart = (series: SeriesView, index: number) => html`<div class="series">
      <nanlens-chart
        .context=${context}
        .series=${series}
        .index=${index}
        .generation=${generation}
        .good=${good.get(series.name) ?? null}
      ></nanlens-chart>
    </div>`;
    const more = view.series.slice(openCharts);
    return html`
      ${repeat(view.series.slice(0, openCharts), (series, i) => `${i}:${series.name}`, chart)}
      ${
        more.length === 0
          ? nothing
          : fold(
              context,
              'more-series',
              context.text('moreSeries', more.length),
              () => more.map((series, i) => chart(series, openCharts + i)),
              () => this.requestUpdate(),
            )
      }
      ${view.seriesLeftOut > 0 ? html`<p class="quiet">${context.text('seriesLeftOut', view.seriesLeftOut)}</p>` : nothing}
    `;
  }

  private rawText(context: PageContext, generation: number): TemplateResult {
    return html`<nanlens-raw-text .context=${context} .index=${0} .generation=${generation}></nanlens-raw-text>`;
  }

  private otherEvents(context: PageContext, view: DumpView, others: readonly AnomalyView[]): TemplateResult {
    return html`<ul class="events">
        ${others.map((anomaly, i) => {
          const index = i + 1;
          const when = whenOf(context, anomaly);
          const title = html`<span class="event-title">
            <span>${kindOf(context, anomaly)}</span>
            ${anomaly.op === null ? nothing : html`<code>${anomaly.op}</code>`}
            ${when === '' ? nothing : html`<span class="quiet">${when}</span>`}
            <vscode-badge>${roleOf(context, anomaly)}</vscode-badge>
          </span>`;
          const content = () => html`
            ${this.details(context, anomaly)}
            ${this.stack(context, anomaly, index)}
            ${anomaly.stats.length > 0 ? tensorTable(context, anomaly.stats, context.text('tensors')) : nothing}
          `;
          return html`<li>${fold(context, `event-${index}`, title, content, () => this.requestUpdate())}</li>`;
        })}
      </ul>
      ${
        view.anomaliesLeftOut > 0
          ? html`<p class="quiet">${context.text('otherEventsLeftOut', view.anomaliesLeftOut)}</p>`
          : nothing
      }`;
  }

  private problems(context: PageContext, view: DumpView): TemplateResult {
    return html`<ul class="problems">
        ${view.problems.map(
          ({ line, message }) =>
            html`<li>${line === null ? nothing : html`<span class="quiet">${context.text('line', line)}: </span>`}${message}</li>`,
        )}
      </ul>
      ${view.problemsLeftOut > 0 ? html`<p class="quiet">${context.text('problemsLeftOut', view.problemsLeftOut)}</p>` : nothing}`;
  }

  private comparedWith(
    context: PageContext,
    { name, verdict, series, operationsMatched }: ComparisonView,
  ): TemplateResult {
    const help = series.length === 0 && operationsMatched === 0 ? 'comparedNothing' : 'comparedHelp';
    return html`<p class="remark compared">
      <span class="good-line" aria-hidden="true"></span>
      <span>${context.text('comparedWith', name)}: ${withCode(verdict.sentence)} <span class="quiet">${context.text(help)}</span></span>
      <button type="button" class="toggle" @click=${() => this.stopComparing()}>${context.text('stopComparing')}</button>
    </p>`;
  }

  private async compare(context: PageContext, generation: number): Promise<void> {
    try {
      this.comparison = (await context.host.request('chooseGoodRun', { generation })) ?? this.comparison;
      this.status = '';
    } catch (error) {
      this.status = error instanceof Error ? error.message : String(error);
    }
  }

  private async stopComparing(): Promise<void> {
    if (await this.ask('dropGoodRun', null)) this.comparison = null;
  }

  private async copy(context: PageContext, generation: number): Promise<void> {
    if (await this.ask('copyMarkdown', { generation })) this.status = context.text('copied');
  }

  /** Asks the host to do something; says so where it cannot. */
  private async ask<K extends 'copyMarkdown' | 'openAsText' | 'openRule' | 'reload' | 'stopReading' | 'dropGoodRun'>(
    method: K,
    params: HostMethods[K]['params'],
  ): Promise<boolean> {
    try {
      await this.context?.host.request(method, params);
      return true;
    } catch (error) {
      this.status = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}

/** A recorder's dump says the same in the verdict and as the message. */
function withoutRepeat(anomaly: AnomalyView, { sentence }: Verdict): AnomalyView {
  return anomaly.message === sentence ? { ...anomaly, message: '' } : anomaly;
}

type Mood = 'broken' | 'healthy' | 'neutral';
const moodIcons = { broken, healthy, neutral: notice } as const;

function moodOf({ anomalies, verdict }: DumpView): Mood {
  if (anomalies.some(({ role }) => role !== 'benign')) return 'broken';
  return anomalies.length === 0 && verdict.confidence !== 'unknown' ? 'healthy' : 'neutral';
}

function confidence(context: PageContext, { confidence: level }: Verdict, mood: Mood): TemplateResult {
  const keys: Readonly<Record<Verdict['confidence'], readonly [StringKey, StringKey]>> = {
    certain: ['confidenceCertain', 'confidenceCertainHelp'],
    likely: ['confidenceLikely', 'confidenceLikelyHelp'],
    unknown: ['confidenceUnknown', 'confidenceUnknownHelp'],
  };
  const [name, help] = keys[level];
  return html`<p class="confidence" data-confidence=${level}>
    <strong>${context.text(name)}.</strong>
    <span class="quiet">${context.text(mood === 'healthy' ? 'healthyHelp' : help)}</span>
  </p>`;
}

function reading(
  context: PageContext,
  { name, read, size }: Extract<ViewState, { status: 'reading' }>,
  stop: () => void,
): TemplateResult {
  return html`<div class="reading" role="status">
    <vscode-progress-ring></vscode-progress-ring>
    <h1>${context.text('reading', name)}</h1>
    ${
      read === 0
        ? nothing
        : html`<p class="quiet">${
            size === null
              ? context.text('readingUnknown', formatBytes(read))
              : context.text('readingProgress', formatBytes(read), formatBytes(size))
          }</p>
          <vscode-button secondary @click=${stop}>${context.text('cancelReading')}</vscode-button>`
    }
  </div>`;
}

function shareRead(context: PageContext, { read, size }: ReadProgress): string {
  if (size === null || size === 0) return context.text('readingUnknown', formatBytes(read));
  return context.text('percentRead', Math.min(99, Math.floor((100 * read) / size)));
}
