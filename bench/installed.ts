// Prints what analysing every Python file below the given folders comes to, as JSON lines. Run by scripts/installed.mjs.

import { freshAnalyzer } from '../test/rules/harness/python-analyzer';
import { analyseFolder } from './packages';

async function main(folders: readonly string[]): Promise<void> {
  const analyzer = await freshAnalyzer();
  for (const folder of folders)
    for (const line of analyseFolder(analyzer, folder)) process.stdout.write(`${JSON.stringify(line)}\n`);
}

void main(process.argv.slice(2));
