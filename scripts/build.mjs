// Bundles everything that ships into dist/.
import path from 'node:path';
import * as esbuild from 'esbuild';
import { bundles, copyWasm, root } from './bundles.mjs';
import { isMain } from './results.mjs';
import { runMain, Trouble } from './setup/report.mjs';

export async function build() {
  copyWasm(path.join(root, 'dist'));
  const builds = await Promise.allSettled(bundles.map((bundle) => esbuild.build(bundle)));
  const broken = bundles.filter((_, i) => builds[i].status === 'rejected').map((bundle) => bundle.outfile);
  if (broken.length) throw new Trouble(`Could not be built: ${broken.join(', ')}`);
}

if (isMain(import.meta.url)) await runMain(build);
