// Takes the README's pictures anew, from the real thing as the end-to-end tests leave it: node scripts/pictures.mjs
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';
import { runEndToEnd } from './e2e.mjs';
import { cacheDir } from './setup/cache.mjs';
import { runMain, Trouble } from './setup/report.mjs';

/** The screenshots that the README shows, by the names that they have there. */
const pictures = {
  'light-bulb': 'light-bulb',
  dump: 'recorded-dump',
  findings: 'finding-opened',
  walkthrough: 'walkthrough',
  breakpoints: 'nan-breakpoints',
};

await runMain(async () => {
  const { failed } = await runEndToEnd();
  if (failed > 0) throw new Trouble('The pictures stay as they are, for a test has failed');
  for (const [name, screenshot] of Object.entries(pictures)) {
    const from = path.join(cacheDir, 'screenshots/e2e', `${screenshot}.png`);
    copyFileSync(from, path.join(root, 'docs/images', `${name}.png`));
  }
});
