// The operations of a segment by the nodes at which they stand.

import type { SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import type { Node, Segment } from '../syntax/ast';

export type SitesByNode = ReadonlyMap<Node, OperationSite>;

const NONE: SitesByNode = new Map();
const KEY = Symbol('sites by node');

/** Built when a rule first asks, and kept with the segment's analysis. */
export function sitesByNode(model: SemanticModel, segment: Segment): SitesByNode {
  const analysis = model.analysisOf(segment);
  if (!analysis) return NONE;
  let known = analysis.derived.get(KEY) as SitesByNode | undefined;
  if (!known) {
    known = new Map(analysis.sites.map((site) => [site.node, site]));
    analysis.derived.set(KEY, known);
  }
  return known;
}
