// Runs the unit and fixture tests: node scripts/unit.mjs [PART…] narrows to paths that contain a part.
import { findTests, runNodeTests } from './node-tests.mjs';
import { isMain, printResults } from './results.mjs';
import { runMain } from './setup/report.mjs';

const patterns = ['test/unit/**/*.test.ts', 'test/rules/**/*.test.ts', 'test/dumps/**/*.test.ts'];

export function runUnitTests(wanted = [], options = {}) {
  return runNodeTests('unit', findTests(patterns, wanted), {
    // More shares than processes at a time, so that one with the long tests does not keep the other waiting.
    together: 4,
    concurrency: 2,
    ...options,
  });
}

if (isMain(import.meta.url)) {
  await runMain(async () => printResults(await runUnitTests(process.argv.slice(2))));
}
