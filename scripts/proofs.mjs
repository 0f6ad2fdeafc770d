// Runs the proofs, scripts that give NaN in real frameworks until they are fixed: node scripts/proofs.mjs [PART…].
// A part is one of a test file's path, or of a case's name: NAN101, NAN201-jax.
import { findTests, runNodeTests } from './node-tests.mjs';
import { isMain, printResults } from './results.mjs';
import { ensurePython } from './setup/python.mjs';
import { runMain } from './setup/report.mjs';

const patterns = ['test/proofs/**/*.test.{ts,mjs}', 'test/recorder/**/*.test.{ts,mjs}'];

export async function runProofs(wanted = [], options = {}) {
  const python = await ensurePython();
  const names = wanted.filter((part) => /^NAN\d/.test(part));
  const files = names.length > 0 ? ['proofs.test'] : wanted;
  return runNodeTests('proofs', findTests(patterns, files), {
    env: {
      NANLENS_PROOFS: names.join(' '),
      NANLENS_VENV_PYTHON: python,
      KERAS_BACKEND: 'torch',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    // One file proves the rules for most of the time, with one core; the recorder's runs fill the other.
    concurrency: 2,
    ...options,
  });
}

if (isMain(import.meta.url)) {
  await runMain(async () => printResults(await runProofs(process.argv.slice(2))));
}
