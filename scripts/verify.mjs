// What to run before each commit: types, lint, format, generated files, unit tests.
import { runChecks } from './checks.mjs';
import { addResults, emptyResults, printResults } from './results.mjs';
import { runMain } from './setup/report.mjs';
import { runUnitTests } from './unit.mjs';

await runMain(async () => {
  const results = emptyResults();
  addResults(results, runChecks());
  addResults(results, await runUnitTests([], { brief: true }));
  printResults(results);
});
