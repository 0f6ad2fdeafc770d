// How it feels to type beside NaN Lens, measured in a real VS Code: node bench/editor.mjs writes bench/editor.md
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from '../scripts/build.mjs';
import { root } from '../scripts/bundles.mjs';
import { measuredCommit } from '../scripts/commit.mjs';
import { runHostSuite } from '../scripts/host.mjs';
import { cacheDir } from '../scripts/setup/cache.mjs';
import { runMain, Trouble } from '../scripts/setup/report.mjs';

const longScript = 'torch/testing/_internal/common_quantization.py';
const manyFolder = 'torch/nn/modules';
const many = 50;
/** Bytes of the metrics that are opened. */
const metricsSize = 2 ** 30;

function packages() {
  const python = path.join(cacheDir, 'venv/bin/python');
  const run = spawnSync(python, ['-c', "import sysconfig; print(sysconfig.get_paths()['purelib'])"], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Trouble('The tests have not set up their Python yet: run npm test first');
  return run.stdout.trim();
}

/** Real training code of an installed torch. */
function prepare(workspace) {
  const from = packages();
  const folder = path.join(workspace, 'bench/many');
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(from, longScript), path.join(workspace, 'bench/long.py'));
  const files = [manyFolder, 'torch/optim', 'torch/distributions'].flatMap((name) =>
    readdirSync(path.join(from, name))
      .filter((file) => file.endsWith('.py') && readFileSync(path.join(from, name, file), 'utf8').length > 4000)
      .map((file) => path.join(from, name, file)),
  );
  for (const file of files.slice(0, many)) copyFileSync(file, path.join(folder, path.basename(file)));
  // More than can be checked while somebody types a little.
  cpSync(path.join(from, 'torch'), path.join(workspace, 'bench/torch'), {
    recursive: true,
    filter: (file) => !/\.\w+$/.test(path.basename(file)) || file.endsWith('.py'),
  });
  writeMetrics(path.join(workspace, 'bench/metrics.jsonl'));
}

/** JSON lines of a run whose loss becomes NaN in the last hundredth. */
function writeMetrics(file) {
  const handle = openSync(file, 'w');
  let step = 0;
  for (let written = 0; written < metricsSize; ) {
    const lines = Array.from({ length: 5000 }, () => {
      step++;
      const loss = written > 0.99 * metricsSize ? 'NaN' : (1.7 + 3 / Math.sqrt(step)).toFixed(6);
      return `{"step": ${step}, "epoch": ${(step / 90_000).toFixed(4)}, "loss": ${loss}, "grad_norm": 1.25, "lr": 0.000297}\n`;
    });
    written += writeSync(handle, lines.join(''));
  }
  closeSync(handle);
}

await runMain(async () => {
  const load = os.loadavg()[0].toFixed(1);
  await build();
  const figures = {};
  const { failed } = await runHostSuite('node', {
    files: ['bench/editor-suite.ts'],
    prepare,
    onNote: (note) => Object.assign(figures, note),
  });
  if (failed > 0) throw new Trouble('It could not be measured');
  const ms = (value) => `${Math.round(value)} ms`;
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  writeFileSync(
    path.join(root, 'bench/editor.md'),
    `# What typing beside NaN Lens costs

Written by \`node bench/editor.mjs\` at commit ${measuredCommit()}, in a real VS Code: its server and a browser without a
display share ${os.cpus().length} cores of ${cpu} with all that is measured, with a load of ${load} when it began.

- From a key to its findings, in a script of ${figures.lines.toLocaleString('en')} lines, the 100 ms after the last key included: median
  ${ms(figures.median)}, 95 % ${ms(figures.p95)}, longest ${ms(figures.longest)}, of ${figures.keys} keys at five places, five before them at each not counted.
  From the command that types to the diagnostics that an extension can read. From the change that an extension is told
  of, VS Code's own share left out: median ${ms(figures.ownMedian)}, 95 % ${ms(figures.ownP95)}. That share, with NaN Lens switched
  off: median ${ms(figures.changeMedianWithout)}, 95 % ${ms(figures.changeP95Without)}.
- The extension host answered late (other extensions included) by ${figures.lateP99.toFixed(1)} ms in 99 % of all cases, ${figures.lateLongest.toFixed(1)} ms at
  most, ${figures.lateOften} times by more than 30 ms; with NaN Lens switched off, over a fifth as many keys, by ${figures.lateP99Without.toFixed(1)} ms, ${figures.lateLongestWithout.toFixed(1)} ms
  and ${figures.lateOftenWithout} times.
- While a folder is checked: from the change to the findings, median ${ms(figures.besideMedian)}, 95 % ${ms(figures.besideP95)}.
- *Check Folder* takes ${((figures.checkSeconds / figures.checked) * 1000).toFixed(0)} ms a file (${figures.checked} files of ${'`torch/distributed`'}), and ${Math.round(figures.checkMemory / 1024 ** 2)} MB more meanwhile.
- ${figures.files} files with ${figures.fileLines.toLocaleString('en')} lines open: ${Math.round(figures.memory / 1024 ** 2)} MB more in the process of the extension host, the documents themselves included.
- From the command that opens 1 GB of metrics (JSON lines, NaN in the last hundredth) to the first verdict and curves on the
  page: ${(figures.firstPicture / 1000).toFixed(1)} s.
`,
  );
  console.log(JSON.stringify(figures, null, 2));
});
