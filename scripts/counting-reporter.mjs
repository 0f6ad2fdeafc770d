// A node:test reporter that prints how many tests passed and failed, as JSON. A skipped or unfinished (todo) test counts
// as failed: here nothing may pass without having run.

/** A suite that failed by its tests alone, which are counted themselves; not by a hook or while being loaded. */
export function failedByTests(data) {
  return data.details?.error?.failureType === 'subtestsFailed';
}

export default async function* count(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const isSuite = data.details?.type === 'suite';
    const ran = data.skip === undefined && data.todo === undefined;
    if (type === 'test:pass' && ran) passed += isSuite ? 0 : 1;
    else if (!isSuite || !ran || !failedByTests(data)) failed += 1;
  }
  yield JSON.stringify({ passed, failed });
}
