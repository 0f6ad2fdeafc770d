// One page that shows one document: answers what it asks, tells it what changes.

import * as vscode from 'vscode';
import type { Anomaly } from '../../../dump/model';
import { Channel, type Params, type Result } from '../../../protocol/channel';
import type { ComparisonView, FrameView } from '../../../protocol/dump-view';
import {
  type FrameReference,
  type HostMethods,
  type PageMethods,
  protocolVersion,
  type ViewState,
} from '../../../protocol/messages';
import { translateStrings } from '../../../protocol/strings';
import { checkHostParams } from '../../../protocol/validation';
import { ruleCatalogue } from '../../rule-catalogue';
import type { DumpDocument } from './document';
import { GoodRun } from './good-run';
import { goToFrame, workspaceExcerpt } from './jump';
import { dumpAsMarkdown } from './markdown';
import type { OperationRows } from './operation-rows';
import { makeNonce, pageHtml } from './page';
import { locateLine } from './path-suffix';
import { seriesWindow } from './series-window';
import type { DumpViewerServices } from './services';

/** Milliseconds after which a page that does not answer is given up. */
const answerLimit = 10_000;

export class DumpSession implements vscode.Disposable {
  private readonly channel: Channel<PageMethods, HostMethods>;
  private readonly disposables: vscode.Disposable[] = [];
  private readonly ready: Promise<void>;
  private sayReady: () => void = () => undefined;
  private goodRun: GoodRun | undefined;

  constructor(
    readonly document: DumpDocument,
    readonly panel: vscode.WebviewPanel,
    private readonly extensionUri: vscode.Uri,
    private readonly services: DumpViewerServices,
  ) {
    this.ready = new Promise((resolve) => {
      this.sayReady = resolve;
    });
    const { webview } = panel;
    this.channel = new Channel<PageMethods, HostMethods>({
      post: (message) => void webview.postMessage(message),
      check: checkHostParams,
      onFault: (fault) => services.log(`${document.name}: ${fault}`),
      handlers: {
        ready: ({ version }) => this.setup(version),
        seriesWindow: ({ generation, series, ofGoodRun, from, to, buckets }) => {
          const shown = document.shownAs(generation);
          const whole = shown.series[series];
          if (!whole) throw new Error(vscode.l10n.t('There is no such series.'));
          if (!ofGoodRun) return seriesWindow(whole, from, to, buckets);
          return this.goodRun?.window(shown.view.series[series]?.name ?? '', from, to, buckets) ?? null;
        },
        operationRows: ({ generation, from, to }) => {
          const operations = this.operations(generation);
          return operations.rows(from, to, this.goodRun?.compareOperations(operations));
        },
        operationDetails: ({ generation, operation }) => {
          const details = this.operations(generation).details(operation);
          if (!details) throw new Error(vscode.l10n.t('There is no such row.'));
          return details;
        },
        nextBadOperation: ({ generation, operation, backwards }) =>
          this.operations(generation).nextBad(operation, backwards),
        goToOperation: ({ generation, operation }) => {
          const frame = this.operations(generation).frame(operation);
          if (!frame) throw new Error(vscode.l10n.t('The dump does not say where this ran.'));
          return goToFrame(document.locator, frame, panel.viewColumn);
        },
        tensorList: ({ generation }) => document.tensors(generation).list(),
        labelCounts: ({ generation }) => document.tensors(generation).labels(),
        nanMap: (params) =>
          document
            .tensors(params.generation)
            .map(params, document.signal, vscode.l10n.t('This tensor cannot be shown as a map.')),
        chooseGoodRun: ({ generation }) => this.chooseGoodRun(generation),
        dropGoodRun: () => {
          this.goodRun = undefined;
          return null;
        },
        fixOffer: async ({ generation, anomaly }) =>
          (await services.fixes?.offer(this.anomaly(generation, anomaly), document.locator)) ?? null,
        applyFix: async ({ generation, anomaly }) => {
          const outcome = await services.fixes?.apply(this.anomaly(generation, anomaly), document.locator);
          return outcome ?? { outcome: 'refused', message: vscode.l10n.t('There is no fix for this line.') };
        },
        goToLine: (reference) => goToFrame(document.locator, this.frame(reference), panel.viewColumn),
        workspaceExcerpt: (reference) => workspaceExcerpt(document.locator, this.frame(reference)),
        textExcerpt: ({ generation, anomaly }) => document.textExcerpt(generation, anomaly),
        openAsText: ({ generation, anomaly }) => this.openAsText(generation, anomaly),
        copyMarkdown: async ({ generation }) => {
          await vscode.env.clipboard.writeText(dumpAsMarkdown(document.shownAs(generation).view));
          return null;
        },
        openRule: async ({ code }) => {
          await services.openRulePage?.(code);
          return null;
        },
        stopReading: () => {
          document.stopReading();
          return null;
        },
        reload: async () => {
          await document.load();
          return null;
        },
      },
    });
    this.disposables.push(
      webview.onDidReceiveMessage((message: unknown) => this.channel.receive(message)),
      document.onDidChange((state) => void this.show(state)),
    );
    this.fillPage();
  }

  /** Asks the page something, once it is there. @throws Error, in words, if it refuses or does not answer in time. */
  async request<K extends keyof PageMethods>(
    method: K,
    params: Params<PageMethods, K>,
  ): Promise<Result<PageMethods, K>> {
    const limit = AbortSignal.timeout(answerLimit);
    await Promise.race([this.ready, rejectOn(limit, vscode.l10n.t('The page did not come up.'))]);
    return this.channel.request(method, params, limit);
  }

  dispose(): void {
    this.channel.close(vscode.l10n.t('The view was closed.'));
    for (const disposable of this.disposables) disposable.dispose();
  }

  private fillPage(): void {
    const { webview } = this.panel;
    const dist = vscode.Uri.joinPath(this.extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    webview.html = pageHtml({
      cspSource: webview.cspSource,
      script: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.css')).toString(),
      nonce: makeNonce(),
      language: vscode.env.language,
    });
  }

  private setup(version: number): Result<HostMethods, 'ready'> {
    if (version !== protocolVersion) {
      throw new Error(vscode.l10n.t('This page belongs to another version of the extension. Close and open it again.'));
    }
    this.sayReady();
    return {
      version: protocolVersion,
      strings: translateStrings((text) => vscode.l10n.t(text)),
      language: vscode.env.language,
      rules: this.services.openRulePage ? rulesByCode() : {},
      state: this.document.state,
      comparison: this.comparison(),
    };
  }

  /** A hidden page is gone and hears nothing; when it comes back it asks. */
  private async show(state: ViewState): Promise<void> {
    if (!this.panel.visible) return;
    try {
      await this.channel.request('show', state, AbortSignal.timeout(answerLimit));
    } catch (error) {
      this.services.log(`${this.document.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private operations(generation: number): OperationRows {
    return this.document.shownAs(generation).operations;
  }

  private anomaly(generation: number, index: number): Anomaly {
    const found = this.document.shownAs(generation).result.dump.anomalies[index];
    if (!found) throw new Error(vscode.l10n.t('There is no such event.'));
    return found;
  }

  private comparison(): ComparisonView | null {
    const { shown } = this.document;
    return (shown && this.goodRun?.beside(shown)) ?? null;
  }

  private async chooseGoodRun(generation: number): Promise<ComparisonView | null> {
    const [uri] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Compare with a Good Run'),
        openLabel: vscode.l10n.t('Compare'),
        defaultUri: vscode.Uri.joinPath(this.document.uri, '..'),
      })) ?? [];
    return uri ? this.compareWith(uri, generation) : null;
  }

  /** Rejects, in words, where the file cannot be read or holds no run. */
  async compareWith(uri: vscode.Uri, generation: number): Promise<ComparisonView> {
    const result = await this.document.readOther(uri);
    const { series, operations, verdict } = result.dump;
    if (series.length === 0 && !operations?.entries.length) throw new Error(verdict.sentence);
    this.goodRun = new GoodRun(uri.path.split('/').at(-1) ?? uri.path, result);
    return this.goodRun.beside(this.document.shownAs(generation));
  }

  private frame({ generation, anomaly, frame }: FrameReference): FrameView {
    const found = this.document.shownAs(generation).view.anomalies[anomaly]?.frames[frame];
    if (!found) throw new Error(vscode.l10n.t('There is no such frame.'));
    return found;
  }

  private async openAsText(generation: number, anomaly: number | null): Promise<null> {
    const { anomalies } = this.document.shownAs(generation).result.dump;
    const uri = this.document.fileOf(anomalies[anomaly ?? 0]);
    const excerpt = anomaly === null ? null : await this.document.textExcerpt(generation, anomaly);
    let text: vscode.TextDocument;
    try {
      text = await vscode.workspace.openTextDocument(uri);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(vscode.l10n.t('The file cannot be opened as text: {0}', reason));
    }
    if (!/\.(?:json|jsonl|ipynb|csv)$/i.test(uri.path)) {
      text = await vscode.languages.setTextDocumentLanguage(text, 'nan-log');
    }
    const options: vscode.TextDocumentShowOptions = { viewColumn: this.panel.viewColumn ?? vscode.ViewColumn.Active };
    if (excerpt) {
      // The editor counts a lone carriage return as a line end, readers of logs do not: so the text decides.
      const lines = Array.from({ length: text.lineCount }, (_, i) => text.lineAt(i).text);
      const wanted = excerpt.lines[excerpt.marked.first - excerpt.firstLine] ?? null;
      const { line } = locateLine(lines, excerpt.marked.first, wanted);
      const last = Math.min(line + excerpt.marked.last - excerpt.marked.first, text.lineCount) - 1;
      options.selection = new vscode.Range(line - 1, 0, last, text.lineAt(last).text.length);
    }
    await vscode.window.showTextDocument(text, options);
    return null;
  }
}

function rulesByCode(): Readonly<Record<string, string>> {
  return Object.fromEntries(ruleCatalogue().map(({ code, name }) => [code, name]));
}

function rejectOn(signal: AbortSignal, reason: string): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(reason)), { once: true });
  });
}
