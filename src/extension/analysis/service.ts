// Keeps an analysis of every open Python document and notebook: starts it, drops what is stale, tells who listens.

import * as vscode from 'vscode';
import type { AnalysisResult, Finding, Problem } from '../../analyzer/finding';
import type { EngineClient } from '../engine/client';
import type { Clock } from '../engine/clock';
import { type Configurations, relativePath } from '../project/configurations';
import type { SettingProblem } from '../settings-model';
import { type FilesBeside, filesBeside, NOTHING_BESIDE } from './beside';
import { Debouncer } from './debounce';
import { documentsOf, openSubjects, type Subject, subjectOf } from './scope';
import { shiftFindings, shiftProblems } from './shift';

/** What is known of one document. */
export interface DocumentAnalysis {
  readonly document: vscode.TextDocument;
  /** The document version that the spans belong to. */
  readonly version: number;
  /** Whether the text was analysed at this version; otherwise the findings are older ones moved along. */
  readonly isFresh: boolean;
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
}

/** Milliseconds. */
const TYPING_PAUSE = 100;
const LONGEST_WAIT = 1000;
export const ANALYSIS_BUDGET = 10_000;
/** A text that was given up this often is left alone until it is asked for by a person. */
const MAX_TIMEOUTS = 2;

/** A file, or a notebook, that is open and was analysed. */
export interface OpenProgram {
  readonly uri: vscode.Uri;
  readonly isNotebook: boolean;
  readonly documents: readonly DocumentAnalysis[];
}

export interface FindingsChange {
  readonly uri: vscode.Uri;
  /** The file or notebook that the document is of. */
  readonly program: vscode.Uri;
  /** Undefined where nothing is known any more. */
  readonly analysis: DocumentAnalysis | undefined;
}

interface Entry {
  subject: Subject;
  readonly documents: Map<string, DocumentAnalysis>;
  /** Resolves once the analysis under way has ended. */
  underWay: Promise<void> | undefined;
  timeouts: number;
  /** The files that it names, as they were when it was last analysed. */
  beside: FilesBeside;
  /** Counts analyses, so that one that waits for files is told from a newer one. */
  turn: number;
  /** Why there are no findings; undefined where there is nothing to say. */
  note: string | undefined;
  /** The pyproject.toml that leaves it out. */
  excludedBy: vscode.Uri | undefined;
}

export class AnalysisService implements vscode.Disposable {
  private readonly entries = new Map<string, Entry>();
  private readonly debouncer: Debouncer;
  private readonly subscriptions: vscode.Disposable[] = [];
  private readonly findingsChanged = new vscode.EventEmitter<FindingsChange>();
  private readonly stateChanged = new vscode.EventEmitter<void>();
  private readonly reportedProblems = new Set<string>();

  readonly onDidChangeFindings = this.findingsChanged.event;
  /** Fires when work began or ended, and when a note changed. */
  readonly onDidChangeState = this.stateChanged.event;

  constructor(
    private readonly engine: EngineClient,
    private readonly configurations: Configurations,
    private readonly log: vscode.LogOutputChannel,
    clock: Clock,
  ) {
    this.debouncer = new Debouncer(clock, TYPING_PAUSE, LONGEST_WAIT);
    const rescope = (): void => this.rescope();
    this.subscriptions.push(
      this.findingsChanged,
      this.stateChanged,
      vscode.workspace.onDidOpenTextDocument(rescope),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.rescope();
        // What was not saved counts no longer.
        this.fileBesideChanged(uri);
      }),
      vscode.workspace.onDidOpenNotebookDocument(rescope),
      vscode.workspace.onDidCloseNotebookDocument(rescope),
      vscode.window.onDidChangeVisibleTextEditors(rescope),
      vscode.window.onDidChangeVisibleNotebookEditors(rescope),
      vscode.window.tabGroups.onDidChangeTabs(rescope),
      vscode.workspace.onDidChangeTextDocument((event) => this.textChanged(event)),
      vscode.workspace.onDidChangeNotebookDocument((event) => this.notebookChanged(event)),
      ...this.watchFilesBeside(),
      configurations.onDidChange((folder) => (folder ? this.analyzeBelow(folder) : this.analyzeEverything())),
    );
    this.rescope();
  }

  /** What is known of the document now, perhaps moved along with edits. */
  analysisOf(document: vscode.TextDocument): DocumentAnalysis | undefined {
    const subject = subjectOf(document);
    return subject && this.entries.get(subject.key)?.documents.get(document.uri.toString());
  }

  /** Why the document has no findings, where that needs words. */
  noteOn(document: vscode.TextDocument): string | undefined {
    const subject = subjectOf(document);
    return subject && this.entries.get(subject.key)?.note;
  }

  /** All that is open and was analysed. */
  openPrograms(): OpenProgram[] {
    return [...this.entries.values()]
      .filter(({ documents }) => documents.size > 0)
      .map(({ subject, documents }) => ({
        uri: subject.uri,
        isNotebook: 'notebook' in subject,
        documents: [...documents.values()],
      }));
  }

  /** Whether the file or notebook is open and was analysed. */
  isKnown(uri: vscode.Uri): boolean {
    return (this.entries.get(uri.toString())?.documents.size ?? 0) > 0;
  }

  /** The pyproject.toml that leaves the document out. */
  excludedBy(document: vscode.TextDocument): vscode.Uri | undefined {
    const subject = subjectOf(document);
    return subject && this.entries.get(subject.key)?.excludedBy;
  }

  isBusy(document: vscode.TextDocument): boolean {
    const subject = subjectOf(document);
    if (!subject) return false;
    return this.debouncer.isWaiting(subject.key) || this.entries.get(subject.key)?.underWay !== undefined;
  }

  /** The analysis of the document as it is now, waiting for it where needed. */
  async freshAnalysis(
    document: vscode.TextDocument,
    token?: vscode.CancellationToken,
  ): Promise<DocumentAnalysis | undefined> {
    for (;;) {
      const subject = subjectOf(document);
      const entry = subject && this.entries.get(subject.key);
      if (!subject || !entry) return undefined;
      const known = entry.documents.get(document.uri.toString());
      if (known?.isFresh && known.version === document.version && !this.debouncer.isWaiting(subject.key)) return known;
      if (this.debouncer.isWaiting(subject.key)) this.analyzeNow(entry);
      if (!entry.underWay) return undefined;
      await entry.underWay;
      if (token?.isCancellationRequested) return undefined;
    }
  }

  /** Analyses the document because a person asked, even where it was given up before. */
  async check(document: vscode.TextDocument): Promise<DocumentAnalysis | undefined> {
    this.rescope();
    const subject = subjectOf(document);
    const entry = subject && this.entries.get(subject.key);
    if (!entry) return undefined;
    entry.timeouts = 0;
    this.analyzeNow(entry);
    await entry.underWay;
    return this.freshAnalysis(document);
  }

  /** Forgets that anything was given up and analyses all that is open. */
  analyzeEverything(): void {
    this.reportedProblems.clear();
    for (const entry of this.entries.values()) entry.timeouts = 0;
    this.rescope();
    for (const entry of this.entries.values()) this.analyzeNow(entry);
  }

  /** Analyses what lies below the folder, and what lies nowhere: the settings of a folder may hold for it too. */
  private analyzeBelow(folder: vscode.Uri): void {
    for (const entry of this.entries.values()) {
      const { uri } = entry.subject;
      if (uri.scheme !== folder.scheme || relativePath(folder, uri) !== '') this.analyzeNow(entry);
    }
  }

  dispose(): void {
    this.debouncer.cancelAll();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private rescope(): void {
    const open = openSubjects();
    for (const [key, entry] of this.entries) {
      const subject = open.get(key);
      if (!subject) {
        this.forget(key, entry);
        continue;
      }
      const isReopened = documentsOf(entry.subject)[0] !== documentsOf(subject)[0];
      entry.subject = subject;
      if (isReopened) this.analyzeNow(entry);
    }
    for (const [key, subject] of open) {
      if (this.entries.has(key)) continue;
      const entry: Entry = {
        subject,
        documents: new Map(),
        underWay: undefined,
        timeouts: 0,
        beside: NOTHING_BESIDE,
        turn: 0,
        note: undefined,
        excludedBy: undefined,
      };
      this.entries.set(key, entry);
      this.analyzeNow(entry);
    }
  }

  private forget(key: string, entry: Entry): void {
    this.debouncer.cancel(key);
    this.engine.cancelWaiting(key);
    this.entries.delete(key);
    this.setResults(entry, new Map());
  }

  /** A configuration that changes, appears or goes away makes the findings of the scripts that name it stale. */
  private watchFilesBeside(): vscode.Disposable[] {
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.json');
    const changed = (uri: vscode.Uri): void => this.fileBesideChanged(uri);
    return [watcher, watcher.onDidChange(changed), watcher.onDidCreate(changed), watcher.onDidDelete(changed)];
  }

  private fileBesideChanged(uri: vscode.Uri): void {
    const place = uri.toString();
    for (const entry of this.entries.values()) if (entry.beside.places.has(place)) this.schedule(entry);
  }

  private textChanged({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    if (document.languageId !== 'python') this.fileBesideChanged(document.uri);
    const subject = subjectOf(document);
    const entry = subject && this.entries.get(subject.key);
    if (!entry) return;
    const key = document.uri.toString();
    const known = entry.documents.get(key);
    if (known) {
      const findings = shiftFindings(known.findings, contentChanges);
      const problems = shiftProblems(known.problems, contentChanges);
      const analysis = { ...known, document, version: document.version, isFresh: false, findings, problems };
      entry.documents.set(key, analysis);
      this.findingsChanged.fire({ uri: document.uri, program: entry.subject.uri, analysis });
    }
    this.schedule(entry);
  }

  private notebookChanged({ notebook, contentChanges, cellChanges }: vscode.NotebookDocumentChangeEvent): void {
    const isStructural = contentChanges.length > 0 || cellChanges.some((change) => change.document === undefined);
    if (!isStructural) return;
    this.rescope();
    const entry = this.entries.get(notebook.uri.toString());
    // Outputs and execution counts change a cell too, but not the program.
    if (!entry || contentChanges.length === 0) return;
    const present = new Set(documentsOf(entry.subject).map((document) => document.uri.toString()));
    for (const [key, { document }] of [...entry.documents]) {
      if (present.has(key)) continue;
      entry.documents.delete(key);
      this.findingsChanged.fire({ uri: document.uri, program: entry.subject.uri, analysis: undefined });
    }
    this.schedule(entry);
  }

  private schedule(entry: Entry): void {
    if (entry.timeouts >= MAX_TIMEOUTS) return;
    this.debouncer.schedule(entry.subject.key, () => this.analyzeNow(entry));
    this.stateChanged.fire();
  }

  private analyzeNow(entry: Entry): void {
    this.debouncer.cancel(entry.subject.key);
    const underWay = this.analyze(entry).finally(() => {
      if (entry.underWay !== underWay) return;
      entry.underWay = undefined;
      this.stateChanged.fire();
    });
    entry.underWay = underWay;
    this.stateChanged.fire();
  }

  private async analyze(entry: Entry): Promise<void> {
    const { subject } = entry;
    const turn = ++entry.turn;
    const { settings, config, project, isExcluded } = await this.configurations.of(subject.uri);
    if (entry.turn !== turn || this.entries.get(subject.key) !== entry) return;
    this.reportProblems(subject, settings.problems);
    entry.excludedBy = isExcluded ? project?.uri : undefined;
    if (!settings.enabled || isExcluded) {
      this.engine.cancelWaiting(subject.key);
      entry.note = settings.enabled
        ? vscode.l10n.t('Left out by “exclude” in {0}.', vscode.workspace.asRelativePath(project?.uri ?? subject.uri))
        : vscode.l10n.t('Switched off by the setting nanlens.enable.');
      this.setResults(entry, new Map());
      return;
    }
    const documents = documentsOf(subject).map((document) => ({
      document,
      version: document.version,
      text: document.getText(),
    }));
    const program = { cells: documents.map(({ text }) => text), isNotebook: 'notebook' in subject };
    const reading = filesBeside(subject.uri, program.cells);
    const beside = reading ? await reading : NOTHING_BESIDE;
    // A newer analysis has begun meanwhile; posted after it, this one would take its place.
    if (entry.turn !== turn || this.entries.get(subject.key) !== entry) return;
    entry.beside = beside;
    const outcome = await this.engine.request(
      subject.key,
      { kind: 'analyze', program, config: { ...config, files: beside.texts } },
      ANALYSIS_BUDGET,
    );
    if (this.entries.get(subject.key) !== entry || entry.turn !== turn || outcome.kind === 'superseded') return;
    if (outcome.kind === 'done') {
      const isStale = documents.some(({ document, version }) => document.isClosed || document.version !== version);
      if (isStale) return;
      entry.timeouts = 0;
      entry.note = undefined;
      this.log.debug(`${label(subject)}: analysed in ${Math.round(outcome.milliseconds)} ms`);
      const results = new Map<string, DocumentAnalysis>();
      documents.forEach(({ document, version }, cell) => {
        const result = outcome.value[cell];
        if (result) results.set(document.uri.toString(), freshAnalysis(document, version, result));
      });
      this.setResults(entry, results);
      return;
    }
    if (outcome.kind === 'timeout') {
      entry.timeouts++;
      const seconds = outcome.milliseconds / 1000;
      entry.note =
        entry.timeouts < MAX_TIMEOUTS
          ? vscode.l10n.t('Given up after {0} s; tried again after the next edit.', seconds)
          : vscode.l10n.t(
              'Given up after {0} s, {1} times. Run “Check This File” to try again.',
              seconds,
              entry.timeouts,
            );
    } else entry.note = outcome.message;
    this.log.warn(`${label(subject)}: ${entry.note}`);
    this.setResults(entry, new Map());
  }

  private setResults(entry: Entry, results: ReadonlyMap<string, DocumentAnalysis>): void {
    const gone = [...entry.documents].filter(([key]) => !results.has(key));
    entry.documents.clear();
    const program = entry.subject.uri;
    for (const [, { document }] of gone) {
      this.findingsChanged.fire({ uri: document.uri, program, analysis: undefined });
    }
    for (const [key, analysis] of results) {
      entry.documents.set(key, analysis);
      this.findingsChanged.fire({ uri: analysis.document.uri, program, analysis });
    }
  }

  /** Each complaint about the settings is logged once until they change. */
  private reportProblems(subject: Subject, problems: readonly SettingProblem[]): void {
    for (const { message } of problems) {
      if (this.reportedProblems.has(message)) continue;
      this.reportedProblems.add(message);
      this.log.warn(`${label(subject)}: ${message}`);
    }
  }
}

function freshAnalysis(document: vscode.TextDocument, version: number, result: AnalysisResult): DocumentAnalysis {
  return { document, version, isFresh: true, findings: result.findings, problems: result.problems };
}

function label(subject: Subject): string {
  return vscode.workspace.asRelativePath(subject.uri);
}
