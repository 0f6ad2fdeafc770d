// Checks what the page asks before the host acts on it. Used by the host alone: the page trusts the extension that made it.

import * as v from 'valibot';
import type { CheckedParams } from './channel';
import type { HostMethods } from './messages';

const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const gridSize = v.pipe(index, v.minValue(1), v.maxValue(512));
const anomaly = v.strictObject({ generation: index, anomaly: index });
const operation = v.strictObject({ generation: index, operation: index });
const frame = v.strictObject({ generation: index, anomaly: index, frame: index });

type ParamSchemas = { readonly [K in keyof HostMethods]: v.GenericSchema<unknown, HostMethods[K]['params']> };

const schemas: ParamSchemas = {
  ready: v.strictObject({ version: index }),
  seriesWindow: v.strictObject({
    generation: index,
    series: index,
    ofGoodRun: v.boolean(),
    from: finite,
    to: finite,
    buckets: v.pipe(index, v.minValue(1), v.maxValue(20_000)),
  }),
  operationRows: v.strictObject({ generation: index, from: index, to: index }),
  operationDetails: operation,
  nextBadOperation: v.strictObject({ ...operation.entries, backwards: v.boolean() }),
  goToOperation: operation,
  tensorList: v.strictObject({ generation: index }),
  labelCounts: v.strictObject({ generation: index }),
  nanMap: v.strictObject({
    generation: index,
    tensor: index,
    region: v.nullable(v.strictObject({ firstRow: index, rows: index, firstColumn: index, columns: index })),
    gridRows: gridSize,
    gridColumns: gridSize,
  }),
  chooseGoodRun: v.strictObject({ generation: index }),
  dropGoodRun: v.null(),
  fixOffer: anomaly,
  applyFix: anomaly,
  goToLine: frame,
  workspaceExcerpt: frame,
  textExcerpt: anomaly,
  openAsText: v.strictObject({ generation: index, anomaly: v.nullable(index) }),
  copyMarkdown: v.strictObject({ generation: index }),
  openRule: v.strictObject({ code: v.pipe(v.string(), v.regex(/^[A-Z]{2,8}\d{1,4}$/)) }),
  reload: v.null(),
  stopReading: v.null(),
};

export function checkHostParams(method: keyof HostMethods, params: unknown): CheckedParams {
  const parsed = v.safeParse(schemas[method], params);
  if (parsed.success) return { ok: parsed.output };
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue);
  return { error: `“${method}”${where ? `, ${where}` : ''}: ${issue.message}` };
}
