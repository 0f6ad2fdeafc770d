// Installs the tools that tests need into the cache: node scripts/setup.mjs [python] [editor] [browser]; all without arguments.
import { ensureBrowser } from './setup/browser.mjs';
import { ensureEditor } from './setup/editor.mjs';
import { ensurePython } from './setup/python.mjs';
import { runMain, say, Trouble } from './setup/report.mjs';

const parts = {
  python: async () => say(`python: ${await ensurePython()}`),
  editor: async () => say(`editor: ${(await ensureEditor()).serverMain}`),
  browser: async () => say(`browser: ${(await ensureBrowser()).executable}`),
};

await runMain(async () => {
  const names = process.argv.slice(2);
  for (const name of names) {
    if (!(name in parts)) throw new Trouble(`Unknown part ${name}: choose from ${Object.keys(parts).join(', ')}`);
  }
  for (const name of names.length ? names : Object.keys(parts)) await parts[name]();
});
