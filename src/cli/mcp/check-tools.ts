// The tools that check files and mend them, on the files below the server's folders.

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { boundedDiff, type CheckedFiles, FINDING_LIMIT, findingsAnswer, pageOf } from '../../agent/answers';
import type { ToolArguments } from '../../agent/arguments';
import { chooseFix, fixRequest, placeFindings } from '../../agent/fix-choice';
import { ToolError } from '../../agent/tool';
import { unknownSelectors } from '../../analyzer/config';
import type { AnalysisConfig, AnalysisResult, Confidence } from '../../analyzer/finding';
import type { FindingJson } from '../../analyzer/finding-json';
import { isNotebookName, type Loaded, loadBytes, type SourceFile } from '../../project/source-file';
import { applyEdits, checkEdits } from '../../text/edit';
import { unifiedDiff } from '../../text/unified-diff';
import { UsageError } from '../arguments';
import { replaceFile } from '../atomic-write';
import { Baselines } from '../baseline';
import { filesBeside } from '../beside';
import { discover, type Failure } from '../discovery';
import type { Engine } from '../engine';
import { ProjectConfigs } from '../project-config';
import { findingsToJson, type RuleBook, reportOf } from '../report';
import { loadFile, toBytes, withTexts } from '../source-file';
import type { Roots } from './roots';

const CONFIDENCES: readonly Confidence[] = ['possible', 'likely', 'proven'];

/** What holds for the files of one call. */
interface Project {
  readonly configs: ProjectConfigs;
  readonly baselines: Baselines;
}

interface Checked {
  readonly source: SourceFile;
  readonly config: AnalysisConfig;
  readonly results: readonly AnalysisResult[];
  readonly findings: readonly FindingJson[];
  readonly notes: readonly string[];
}

/** Lets what came in meanwhile be read: another call, or that this one is cancelled. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function programOf(shown: string, loaded: Loaded): SourceFile {
  if (loaded.kind === 'source') return loaded.source;
  const why = loaded.kind === 'failed' ? loaded.message : 'is a notebook in another language than Python';
  throw new ToolError(`${shown} ${why}.`);
}

export class CheckTools {
  constructor(
    private readonly roots: Roots,
    private readonly rules: RuleBook,
    private readonly createEngine: () => Promise<Engine>,
  ) {}

  private project(args: ToolArguments, notes: string[]): Project {
    const select = args.list('select');
    const [unknown] = unknownSelectors(select, [...this.rules.values()]);
    if (unknown !== undefined) throw new ToolError(`No rule is called "${unknown}"; list_rules lists them.`);
    const minConfidence = CONFIDENCES.find((known) => known === args.text('minConfidence'));
    const warn = (message: string): unknown => notes.push(message);
    const configs = new ProjectConfigs([...this.rules.values()], { select, ignore: [], minConfidence }, warn);
    return { configs, baselines: new Baselines(undefined, warn) };
  }

  /** @param file absolute; for a text that is nowhere, where it would be */
  private async check(file: string, shown: string, source: SourceFile, project: Project): Promise<Checked> {
    const engine = await this.createEngine();
    const files = await filesBeside(source.program, file, this.roots.first);
    const config = { ...(await configOf(project, file)), files };
    const results = engine.analyze(source.program, config);
    const report = reportOf(shown, source, source.program.texts, results);
    const notes = results.flatMap(({ problems }) => problems.map(({ message }) => `${shown}: ${message}`));
    return { source, config, results, findings: findingsToJson(report, this.rules), notes };
  }

  async checkFile(args: ToolArguments): Promise<object> {
    const given = args.text('path');
    const text = args.text('source');
    const notes: string[] = [];
    const project = this.project(args, notes);
    let checked: Checked;
    if (text !== undefined) {
      const name = given ?? 'source.py';
      const file = path.resolve(this.roots.first, name);
      if (!this.roots.contains(file)) throw new ToolError(`"${name}" is outside of what this server may touch.`);
      const shown = this.roots.shown(file);
      const source = programOf(shown, loadBytes(new TextEncoder().encode(text), isNotebookName(name)));
      checked = await this.check(file, shown, source, project);
    } else {
      if (given === undefined) throw new ToolError('Say which file by "path", or give its text as "source".');
      const { file, shown, isFolder } = await this.roots.find(given);
      if (isFolder) throw new ToolError(`${shown} is a folder; check_folder checks folders.`);
      checked = await this.check(file, shown, programOf(shown, await loadFile(file)), project);
    }
    const files = { checked: 1, skipped: 0, failed: [] };
    return findingsAnswer(
      { findings: checked.findings, files, notes: [...notes, ...checked.notes] },
      pageOf(args, FINDING_LIMIT),
    );
  }

  async checkFolder(args: ToolArguments, signal: AbortSignal): Promise<object> {
    const folder = await this.roots.find(args.text('path') ?? '.');
    if (!folder.isFolder) throw new ToolError(`${folder.shown} is a file; check_file checks files.`);
    const notes: string[] = [];
    const project = this.project(args, notes);
    // A fault of the settings is told as such, not as one of the folder.
    await configOf(project, path.join(folder.file, 'pyproject.toml'));
    const found = await discover([folder.file], {
      cwd: this.roots.first,
      isExcluded: (target) => project.configs.excludes(target),
    });
    const failed: Failure[] = [...found.failed];
    const findings: FindingJson[] = [];
    let checked = 0;
    let { skipped } = found;
    for (const { file, path: shown } of found.files) {
      await breathe();
      signal.throwIfAborted();
      // A link may lead anywhere.
      const loaded: Loaded = this.roots.contains(await realpath(file).catch(() => file))
        ? await loadFile(file)
        : { kind: 'failed', message: 'is a link to outside of what this server may touch' };
      if (loaded.kind === 'failed') failed.push({ path: shown, message: loaded.message });
      if (loaded.kind === 'skipped') skipped++;
      if (loaded.kind !== 'source') continue;
      const one = await this.check(file, shown, loaded.source, project);
      checked++;
      findings.push(...one.findings);
      notes.push(...one.notes);
    }
    const files: CheckedFiles = { checked, skipped, failed };
    return findingsAnswer({ findings, files, notes }, pageOf(args, FINDING_LIMIT));
  }

  async applyFix(args: ToolArguments): Promise<object> {
    const { file, shown, isFolder } = await this.roots.find(args.requiredText('path'));
    if (isFolder) throw new ToolError(`${shown} is a folder; a fix belongs to a file.`);
    const notes: string[] = [];
    const source = programOf(shown, await loadFile(file));
    const { config, results } = await this.check(file, shown, source, this.project(args, notes));
    const { texts } = source.program;
    const program = results.map(({ findings }, i) => ({
      text: texts[i] ?? '',
      cell: source.notebook?.cells[i]?.index ?? null,
      findings,
    }));
    const { at, fix } = chooseFix(placeFindings(program), fixRequest(args));
    if (checkEdits(fix.edits, (texts[at.index] ?? '').length) !== undefined) {
      throw new ToolError('The fix does not fit the file, so nothing was changed.');
    }
    const changed = texts.map((text, i) => (i === at.index ? applyEdits(text, fix.edits) : text));
    const engine = await this.createEngine();
    if (engine.countBroken({ ...source.program, texts: changed }) > engine.countBroken(source.program)) {
      throw new ToolError('The fix would leave a syntax error, so nothing was changed.');
    }
    const whole = withTexts(source, changed);
    const diff = boundedDiff(unifiedDiff(shown, source.text, whole), notes);
    const isApplied = !args.isOn('dryRun');
    if (isApplied) {
      const encoded = toBytes(source, whole);
      const fault = encoded.error ?? (await replaceFile(file, encoded.bytes, source.bytes));
      if (fault !== undefined) throw new ToolError(`${shown} ${fault}.`);
      const left = engine.analyze({ ...source.program, texts: changed }, config);
      const count = left.reduce((sum, { findings }) => sum + findings.length, 0);
      notes.push(count === 0 ? 'nothing is left to mend in this file' : `${count} findings are left in this file`);
    }
    return { path: shown, code: at.finding.code, title: fix.title, safety: fix.safety, isApplied, diff, notes };
  }
}

/** Faults of a project's settings are the user's to mend. */
async function configOf({ configs, baselines }: Project, file: string): Promise<AnalysisConfig> {
  try {
    const config = await configs.configFor(file);
    return { ...config, baseline: await baselines.entriesFor(file, await configs.baselineFor(file)) };
  } catch (error) {
    throw error instanceof UsageError ? new ToolError(error.message) : error;
  }
}
