// Runs test/e2e: the packaged extension, installed in a real VS Code and used with mouse and keyboard in its page.
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { browserArgs } from './host/browser.mjs';
import { calmSettings, installExtension, startServer, workbenchAddress, writeUserSettings } from './host/server.mjs';
import { makeWorkspace } from './host/stage.mjs';
import { findTests, runNodeTests } from './node-tests.mjs';
import { packageExtension } from './package.mjs';
import { isMain, printResults } from './results.mjs';
import { ensureBrowser } from './setup/browser.mjs';
import { cacheDir } from './setup/cache.mjs';
import { runMain, say } from './setup/report.mjs';

/** Typed text must arrive as it was typed, and dialogs be the workbench's own. */
const userSettings = {
  ...calmSettings,
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoIndent': 'none',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  // It stands on every picture.
  'security.workspace.trust.banner': 'never',
  'files.simpleDialog.enable': true,
};

/** What the tests are told through NANLENS_E2E, as JSON; test/harness/workbench.ts reads it. */
function settings({ server, workspace, browser, screenshots }) {
  return JSON.stringify({
    address: workbenchAddress(server, workspace),
    workspace,
    screenshots,
    browser: { executablePath: browser.executable, args: browserArgs, env: browser.env },
  });
}

export async function runEndToEnd(wanted = []) {
  const vsix = await packageExtension();
  const browser = await ensureBrowser();
  const { workspace, dataDir, remove } = makeWorkspace('e2e');
  const screenshots = path.join(cacheDir, 'screenshots/e2e');
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
  try {
    await installExtension(vsix, dataDir);
    writeUserSettings(dataDir, userSettings);
    const server = await startServer({ dataDir });
    try {
      return await runNodeTests('e2e', findTests(['test/e2e/**/*.test.ts'], wanted), {
        env: { NANLENS_E2E: settings({ server, workspace, browser, screenshots }) },
      });
    } finally {
      await server.stop();
    }
  } finally {
    remove();
    say(`  screenshots: ${path.relative(process.cwd(), screenshots)}`);
  }
}

if (isMain(import.meta.url)) {
  await runMain(async () => printResults(await runEndToEnd(process.argv.slice(2))));
}
