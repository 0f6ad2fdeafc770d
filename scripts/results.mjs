// Counts of tests, added up over all parts of a run.
import { pathToFileURL } from 'node:url';

/** @typedef {{ passed: number, failed: number }} Results */

/** @returns {Results} */
export function emptyResults() {
  return { passed: 0, failed: 0 };
}

export function addResults(into, more) {
  into.passed += more.passed;
  into.failed += more.failed;
}

/** Prints the closing line and sets the exit status; nothing run at all is a failure too. */
export function printResults(results) {
  console.log(`${results.passed} passed, ${results.failed} failed`);
  if (results.failed > 0 || results.passed === 0) process.exitCode = 1;
}

/** True in the module that the process was started with. */
export function isMain(moduleUrl) {
  return moduleUrl === pathToFileURL(process.argv[1] ?? '').href;
}
