// A test runner small enough to run inside both extension hosts, where neither node:test nor a process to exit exists.

/** What the suite tells the process that started VS Code. */
export type SuiteMessage =
  | { readonly type: 'start'; readonly total: number; readonly host: string }
  | { readonly type: 'result'; readonly name: string; readonly milliseconds: number; readonly error?: string }
  /** What a suite that measures has measured. */
  | { readonly type: 'note'; readonly note: object }
  | { readonly type: 'end' };

interface Test {
  readonly name: string;
  readonly body: () => Promise<void> | void;
  readonly timeout: number;
}

const tests: Test[] = [];
const cleanups: (() => Promise<void> | void)[] = [];

/**
 * Declares a test. Tests run one after another in the order of their declaration.
 *
 * @param options.timeout milliseconds after which the test has failed; 20,000 unless told
 */
export function test(
  name: string,
  body: () => Promise<void> | void,
  options: { readonly timeout?: number } = {},
): void {
  if (tests.some((other) => other.name === name)) throw new Error(`Two tests are named "${name}"`);
  tests.push({ name, body, timeout: options.timeout ?? 20_000 });
}

/** Declares what is done after each test, whether it passed or not. */
export function afterEach(body: () => Promise<void> | void): void {
  cleanups.push(body);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack?.includes(error.message) ? error.stack : `${error.message}\n${error.stack ?? ''}`;
}

async function withTimeout(body: () => Promise<void> | void, limit: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit} ms`)), limit);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function runOne(subject: Test): Promise<string | undefined> {
  const errors: string[] = [];
  for (const body of [subject.body, ...cleanups]) {
    try {
      await withTimeout(body, subject.timeout);
    } catch (error) {
      errors.push(describeError(error));
    }
  }
  return errors.length > 0 ? errors.join('\n') : undefined;
}

/** Runs every declared test and reports each as it ends; rejects when one failed. */
export async function runTests(host: string, report: (message: SuiteMessage) => Promise<void>): Promise<void> {
  await report({ type: 'start', total: tests.length, host });
  let failed = 0;
  for (const subject of tests) {
    const started = Date.now();
    const error = await runOne(subject);
    if (error !== undefined) failed += 1;
    const milliseconds = Date.now() - started;
    await report({ type: 'result', name: subject.name, milliseconds, ...(error === undefined ? {} : { error }) });
  }
  await report({ type: 'end' });
  if (failed > 0) throw new Error(`${failed} of ${tests.length} tests failed`);
}

/**
 * Waits until `probe` gives something other than undefined or false, and returns that.
 *
 * @param what what is waited for, in words, for the error
 * @param limit milliseconds
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  limit = 10_000,
): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`${what}: not so after ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
