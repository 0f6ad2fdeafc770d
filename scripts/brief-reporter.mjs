// A node:test reporter for long runs: prints what failed, with its error, and a sign of life while all goes well.
import { inspect } from 'node:util';
import { failedByTests } from './counting-reporter.mjs';

const stillEvery = 15_000;

export default async function* report(events) {
  let passed = 0;
  let told = Date.now();
  const parents = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      parents.length = data.nesting;
      parents.push(data.name);
    } else if (type === 'test:fail' && !failedByTests(data)) {
      const { error } = data.details;
      const why = error?.cause ?? error;
      const text = why instanceof Error ? (why.stack ?? why.message) : inspect(why);
      yield `  ✖ ${[...parents.slice(0, data.nesting), data.name].join(' › ')}\n${text.replace(/^/gm, '      ')}\n`;
    } else if (type === 'test:pass' && data.details.type !== 'suite') {
      passed += 1;
      if (data.skip !== undefined || data.todo !== undefined) yield `  ✖ ${data.name}: skipped or not done\n`;
      if (Date.now() - told > stillEvery) {
        told = Date.now();
        yield `  … ${passed} passed so far, last: ${data.name}\n`;
      }
    } else if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
  }
}
