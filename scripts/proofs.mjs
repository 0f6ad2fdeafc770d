// Runs the proofs, scripts that give NaN in real frameworks until they are fixed: node scripts/proofs.mjs [PART…].
// A part is one of a test file's path, or of a case's name: NAN101, NAN201-jax.
import { findTests, runNodeTests } from './node-tests.mjs';
import { addResults, emptyResults, isMain, printResults } from './results.mjs';
import { ensurePython } from './setup/python.mjs';
import { runMain } from './setup/report.mjs';

const patterns = ['test/proofs/**/*.test.{ts,mjs}', 'test/recorder/**/*.test.{ts,mjs}'];

/** Proves the rules in many short scripts, for as long as all the others together. */
const ofRules = 'test/proofs/proofs.test.ts';

export async function runProofs(wanted = [], options = {}) {
  const python = await ensurePython();
  const names = wanted.filter((part) => /^NAN\d/.test(part));
  const files = findTests(patterns, names.length > 0 ? [ofRules] : wanted);
  const env = {
    NANLENS_PROOFS: names.join(' '),
    NANLENS_VENV_PYTHON: python,
    KERAS_BACKEND: 'torch',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const others = files.filter((file) => file !== ofRules);
  // Beside the rules' proofs, which have a core to themselves, two at a time: some of the others do little but wait.
  const runs = [
    ...(files.includes(ofRules) ? [runNodeTests('proofs-of-rules', [ofRules], { env, ...options })] : []),
    ...(others.length > 0 || files.length === 0
      ? [runNodeTests('proofs', others, { env, concurrency: 2, ...options })]
      : []),
  ];
  const all = emptyResults();
  for (const results of await Promise.all(runs)) addResults(all, results);
  return all;
}

if (isMain(import.meta.url)) {
  await runMain(async () => printResults(await runProofs(process.argv.slice(2))));
}
