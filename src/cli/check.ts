// `nanlens check`: find, report and mend.

import { resolve } from 'node:path';
import { unknownSelectors } from '../analyzer/config';
import type { Confidence } from '../analyzer/finding';
import { isNotebookName, type Loaded, loadBytes, type SourceFile } from '../project/source-file';
import { hint } from '../text/closest';
import { unifiedDiff } from '../text/unified-diff';
import { type CommandSpec, type ParsedArguments, UsageError } from './arguments';
import { replaceFile } from './atomic-write';
import { filesBeside } from './beside';
import { type Context, EXIT, type ExitCode, ruleBook } from './context';
import { discover, type Failure } from './discovery';
import type { Engine } from './engine';
import { applyFixes, type FixOutcome } from './fix-loop';
import { paintDiff } from './patch';
import { type CommandLineConfig, ProjectConfigs } from './project-config';
import { type FileReport, type Reporter, reportOf, type Summary } from './report';
import { GitHubReporter } from './report-github';
import { JsonReporter } from './report-json';
import { SarifReporter } from './report-sarif';
import { counted, TextReporter, warnOfProblems } from './report-text';
import { loadFile, readAll, toBytes, withTexts } from './source-file';
import { Progress, type Terminal, visible } from './terminal';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
const CONFIDENCES: readonly Confidence[] = ['possible', 'likely', 'proven'];
const STDIN = '-';

export const CHECK: CommandSpec = {
  name: 'check',
  usage: '[PATH…] [options]',
  summary: 'Find causes of NaN and Inf in Python files, notebooks and folders, and mend them.',
  minPositionals: 0,
  maxPositionals: Number.POSITIVE_INFINITY,
  options: [
    { name: 'output-format', value: 'FORMAT', choices: FORMATS, help: 'How findings are written (default: text).' },
    { name: 'select', value: 'RULES', isList: true, help: 'Run only these: codes, prefixes (NAN1) or names.' },
    { name: 'ignore', value: 'RULES', isList: true, help: 'Do not run these. The closer selector wins.' },
    {
      name: 'min-confidence',
      value: 'LEVEL',
      choices: CONFIDENCES,
      help: 'Report findings at least this sure (default: likely).',
    },
    { name: 'fix', help: 'Apply safe fixes: those that keep the numbers the same.' },
    { name: 'unsafe-fixes', help: 'With --fix or --diff: fixes that change numerics or behaviour too.' },
    { name: 'diff', help: 'Show what --fix would change as a patch, and change nothing.' },
    { name: 'exit-zero', help: 'Exit with 0 even where there are findings.' },
    { name: 'stdin-filename', value: 'NAME', help: 'Name to report for standard input; *.ipynb makes it a notebook.' },
  ],
  details: [
    'PATH is a file, a folder, a glob or "-" for standard input; without one, the current folder is checked. In folders and globs, .py and .ipynb files are taken that neither .gitignore nor the built-in list (virtual environments, site-packages, build, dist, node_modules, caches) excludes. A file that is named outright is always checked.',
    'Settings are read from [tool.nanlens] of the nearest pyproject.toml: select, extend-select, ignore, per-file-ignores, exclude, min-confidence, severity. --select replaces what it selects and ignores; --ignore adds to it.',
    'With "-" and --fix, the fixed text goes to standard output and the report to standard error.',
    'Exit code: 0 nothing found, 1 findings (with --diff: changes or findings), 2 something could not be read or written, or wrong use.',
  ],
};

interface CheckOptions {
  readonly config: CommandLineConfig;
  readonly format: (typeof FORMATS)[number];
  readonly mode: 'report' | 'fix' | 'diff';
  readonly isUnsafeAllowed: boolean;
  readonly isExitZero: boolean;
  readonly stdinName: string;
}

function readOptions(args: ParsedArguments, context: Context): CheckOptions {
  const select = args.list('select');
  const ignore = args.list('ignore');
  const names = context.rules.flatMap(({ code, name }) => [code, name]);
  for (const selector of unknownSelectors([...select, ...ignore], context.rules)) {
    throw new UsageError(`no rule is called "${selector}"${hint(selector, names)}; "nanlens rules" lists them`);
  }
  const format = FORMATS.find((known) => known === args.value('output-format')) ?? 'text';
  const minConfidence = CONFIDENCES.find((known) => known === args.value('min-confidence'));
  const mode = args.has('diff') ? 'diff' : args.has('fix') ? 'fix' : 'report';
  if (mode === 'diff' && format !== 'text') {
    throw new UsageError(`--diff writes a patch, so it cannot go with --output-format ${format}`);
  }
  if (args.has('unsafe-fixes') && mode === 'report') {
    context.terminal.warning('--unsafe-fixes does nothing without --fix or --diff');
  }
  return {
    config: { select, ignore, minConfidence },
    format,
    mode,
    isUnsafeAllowed: args.has('unsafe-fixes'),
    isExitZero: args.has('exit-zero'),
    stdinName: args.value('stdin-filename') ?? STDIN,
  };
}

function reporterFor(options: CheckOptions, terminal: Terminal, context: Context): Reporter {
  const rules = ruleBook(context.rules);
  const write = (text: string): void => terminal.write(text);
  if (options.format === 'json') return new JsonReporter(write, rules);
  if (options.format === 'sarif') return new SarifReporter(write, rules, context.version);
  if (options.format === 'github') return new GitHubReporter(write, rules);
  return new TextReporter(terminal, rules);
}

/** One run: collects what the summary tells while files go by one at a time. */
class CheckRun {
  private checked = 0;
  private findings = 0;
  private fixed = 0;
  private changedFiles = 0;
  private skipped = 0;
  private readonly failed: Failure[] = [];
  private readonly reportTerminal: Terminal;
  private readonly reporter: Reporter;

  constructor(
    private readonly context: Context,
    private readonly engine: Engine,
    private readonly options: CheckOptions,
    private readonly projects: ProjectConfigs,
    private readonly progress: Progress,
    isStdin: boolean,
  ) {
    // The fixed text of standard input, and a patch, have standard output for themselves.
    const isOutputTaken = options.mode === 'diff' || (isStdin && options.mode === 'fix');
    this.reportTerminal = isOutputTaken ? context.terminal.onErrorStream() : context.terminal;
    this.reporter = reporterFor(options, this.reportTerminal, context);
  }

  fail(path: string, message: string): void {
    this.failed.push({ path, message });
  }

  skip(count: number): void {
    this.skipped += count;
  }

  /** @param file absolute; undefined for standard input */
  async take(path: string, file: string | undefined, loaded: Loaded): Promise<void> {
    if (loaded.kind === 'failed') {
      this.fail(path, loaded.message);
    } else if (loaded.kind === 'skipped') {
      this.skip(1);
    } else {
      this.checked++;
      await this.check(path, file, loaded.source);
    }
  }

  private async check(path: string, file: string | undefined, source: SourceFile): Promise<void> {
    const { mode, isUnsafeAllowed } = this.options;
    const { cwd } = this.context;
    const files = await filesBeside(source.program, file, cwd);
    const config = { ...(await this.projects.configFor(file ?? resolve(cwd, path))), files };
    if (mode === 'report') {
      this.report(path, source, source.program.texts, this.engine.analyze(source.program, config));
      return;
    }
    const outcome = applyFixes(source.program, this.engine, { config, isUnsafeAllowed });
    if (outcome.problem) this.context.terminal.warning(`${visible(path)}: ${outcome.problem}`);
    const fault = await this.deliver(path, file, source, outcome);
    if (fault === undefined) {
      this.fixed += outcome.applied;
      if (outcome.applied > 0) this.changedFiles++;
      this.report(path, source, outcome.texts, outcome.results);
    } else {
      this.fail(path, fault);
      this.report(path, source, source.program.texts, this.engine.analyze(source.program, config));
    }
  }

  /** Puts the fixed texts where they belong. @returns what went wrong, in words */
  private async deliver(
    path: string,
    file: string | undefined,
    source: SourceFile,
    outcome: FixOutcome,
  ): Promise<string | undefined> {
    const whole = outcome.applied > 0 ? withTexts(source, outcome.texts) : source.text;
    const { terminal } = this.context;
    if (this.options.mode === 'diff') {
      const diff = unifiedDiff(path, source.text, whole);
      if (diff !== '') this.progress.clear();
      terminal.write(paintDiff(diff, terminal.paint));
      return undefined;
    }
    if (outcome.applied === 0 && file !== undefined) return undefined;
    const encoded = outcome.applied > 0 ? toBytes(source, whole) : { bytes: source.bytes };
    if (file === undefined) {
      terminal.write(encoded.error === undefined ? encoded.bytes : source.bytes);
      return encoded.error;
    }
    if (encoded.error !== undefined) return encoded.error;
    return replaceFile(file, encoded.bytes, source.bytes);
  }

  private report(
    path: string,
    source: SourceFile,
    texts: readonly string[],
    results: Parameters<typeof reportOf>[3],
  ): void {
    const report: FileReport = reportOf(path, source, texts, results);
    const count = results.reduce((sum, result) => sum + result.findings.length, 0);
    this.findings += count;
    if (count > 0 || results.some((result) => result.problems.length > 0)) this.progress.clear();
    warnOfProblems(report, this.context.terminal);
    if (this.options.mode !== 'diff') this.reporter.file(report);
  }

  end(): ExitCode {
    this.progress.clear();
    const { checked, skipped, failed, fixed, changedFiles } = this;
    const summary: Summary = { checked, skipped, failed, fixed, changedFiles };
    for (const { path, message } of failed) this.context.terminal.error(`${visible(path)} ${visible(message)}`);
    if (this.options.mode === 'diff') this.endOfDiff();
    else this.reporter.end(summary);
    if (failed.length > 0) return EXIT.error;
    const isClean = this.findings === 0 && (this.options.mode !== 'diff' || fixed === 0);
    return isClean || this.options.isExitZero ? EXIT.clean : EXIT.findings;
  }

  private endOfDiff(): void {
    const would =
      this.fixed === 0
        ? 'No fix to apply'
        : `Would apply ${counted(this.fixed, 'fix', 'fixes')} in ${counted(this.changedFiles, 'file')}`;
    const left = this.findings === 0 ? 'nothing would be left' : `${counted(this.findings, 'problem')} would be left`;
    this.reportTerminal.line(`${would}; ${left}.`);
  }
}

export async function runCheck(args: ParsedArguments, context: Context): Promise<ExitCode> {
  const options = readOptions(args, context);
  const paths = args.positionals.length > 0 ? args.positionals : ['.'];
  const isStdin = paths.includes(STDIN);
  if (isStdin && paths.length > 1) throw new UsageError('"-" (standard input) cannot be checked together with files');
  if (!isStdin && args.has('stdin-filename')) throw new UsageError('--stdin-filename goes with "-" only');
  const projects = new ProjectConfigs(context.rules, options.config, (message) =>
    context.terminal.warning(visible(message)),
  );
  const engine = await context.createEngine();
  const progress = new Progress(context.terminal, isStdin ? 'Reading' : 'Looking for files');
  if (isStdin) {
    const run = new CheckRun(context, engine, options, projects, progress, true);
    const bytes = await readAll(context.stdin);
    await run.take(options.stdinName, undefined, loadBytes(bytes, isNotebookName(options.stdinName)));
    return run.end();
  }
  const { files, skipped, failed } = await discover(paths, {
    cwd: context.cwd,
    // Patterns for a folder hold for the files in it, which are counted.
    isExcluded: async (target, isFolder) => !isFolder && (await projects.excludes(target)),
    onProgress: (found) => progress.tick(found, undefined),
  });
  progress.clear();
  const checking = new Progress(context.terminal, 'Checking');
  const run = new CheckRun(context, engine, options, projects, checking, false);
  for (const failure of failed) run.fail(failure.path, failure.message);
  run.skip(skipped);
  for (const [done, { path, file }] of files.entries()) {
    checking.tick(done, files.length);
    await run.take(path, file, await loadFile(file));
  }
  if (files.length === 0 && failed.length === 0) {
    context.terminal.warning(`no Python file or notebook was found in ${paths.map(visible).join(', ')}`);
  }
  return run.end();
}
