// What VS Code calls to run the host suite: the bundle's run(). The test files are imported by the bundle's entry.
import { closeEverything } from './editor';
import { afterEach, runTests, type SuiteMessage } from './suite';

declare const NANLENS_REPORT_URL: string;

export async function report(message: SuiteMessage): Promise<void> {
  await fetch(NANLENS_REPORT_URL, { method: 'POST', mode: 'no-cors', body: JSON.stringify(message) });
}

/** True in the web extension host, which is a worker without Node's process. (The page is a browser for both hosts.) */
export const isWebHost = typeof process === 'undefined' || typeof process.versions?.node !== 'string';

export async function run(): Promise<void> {
  afterEach(closeEverything);
  await runTests(isWebHost ? 'web' : 'node', report);
}
