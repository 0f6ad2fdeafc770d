// The language-model tool that finds causes of NaN in a file, as its editor has it.

import { FINDING_LIMIT, findingsAnswer, pageOf } from '../../../agent/answers';
import type { ToolArguments } from '../../../agent/arguments';
import type { Confidence } from '../../../analyzer/finding';
import { findingToJson } from '../../../analyzer/finding-json';
import { LineIndex } from '../../../text/line-index';
import type { EngineClient } from '../../engine/client';
import type { Configurations } from '../../project/configurations';
import { ruleCatalogue } from '../../rule-catalogue';
import { findPath, shownPath } from './find-path';
import { analysedProgram } from './program';

const CONFIDENCES: readonly Confidence[] = ['possible', 'likely', 'proven'];

export async function findingsOf(
  args: ToolArguments,
  parts: { readonly engine: EngineClient; readonly configurations: Configurations },
): Promise<object> {
  const uri = await findPath(args.requiredText('path'));
  const minConfidence = CONFIDENCES.find((known) => known === args.text('minConfidence'));
  const { results, texts, cells } = await analysedProgram(uri, parts, minConfidence);
  const path = shownPath(uri);
  const urls = new Map(ruleCatalogue().map(({ code, url }) => [code, url]));
  const findings = results.flatMap((result, i) => {
    const lines = new LineIndex(texts[i] ?? '');
    const ordered = [...result.findings].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
    return ordered.map((finding) =>
      findingToJson(finding, { path, cell: cells[i] ?? null, lines }, urls.get(finding.code)),
    );
  });
  const notes = results.flatMap(({ problems }) => problems.map(({ message }) => message));
  return findingsAnswer(
    { findings, files: { checked: 1, skipped: 0, failed: [] }, notes },
    pageOf(args, FINDING_LIMIT),
  );
}
