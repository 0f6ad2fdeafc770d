// Runs the host suite in a desktop VS Code that @vscode/test-electron downloads, where its site is reachable.
// Arguments name versions ("stable", "1.100.0"); both the oldest supported and the newest without.
import path from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { build } from './build.mjs';
import { startCollector } from './host/collector.mjs';
import { bundleSuite, makeWorkspace, stageExtension } from './host/stage.mjs';
import { SuiteResults } from './host/suite-results.mjs';
import { addResults, emptyResults, printResults } from './results.mjs';
import { cacheDir } from './setup/cache.mjs';
import { runMain, say, Trouble } from './setup/report.mjs';

const versions = ['1.100.0', 'stable'];

async function download(version) {
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: path.join(cacheDir, 'vscode-test') });
  } catch (error) {
    throw new Trouble(
      `VS Code ${version} could not be downloaded (${error.message}). Where update.code.visualstudio.com is out of ` +
        'reach, npm test runs the same suite in the browser VS Code.',
    );
  }
}

async function runIn(version) {
  const suite = new SuiteResults('node');
  const vscodeExecutablePath = await download(version);
  const extension = stageExtension('node');
  const collector = await startCollector((message) => suite.take(message));
  const { workspace, dataDir, remove } = makeWorkspace('electron');
  try {
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: extension,
      extensionTestsPath: await bundleSuite('node', extension, collector.url),
      launchArgs: [
        workspace,
        ...['--user-data-dir', path.join(dataDir, 'user'), '--extensions-dir', path.join(dataDir, 'extensions')],
        ...['--disable-extensions', '--skip-welcome', '--skip-release-notes'],
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
    });
  } catch (error) {
    // A failed test ends VS Code with an error too; the results say more.
    if (suite.results.failed === 0) suite.fail(error);
  } finally {
    collector.close();
    remove();
  }
  suite.checkComplete();
  return suite.results;
}

await runMain(async () => {
  await build();
  const all = emptyResults();
  const wanted = process.argv.slice(2);
  for (const version of wanted.length ? wanted : versions) {
    say(`Host suite, desktop VS Code ${version}`);
    addResults(all, await runIn(version));
  }
  printResults(all);
});
