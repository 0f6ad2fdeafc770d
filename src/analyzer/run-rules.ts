// Runs the rules over a semantic model and brings their reports to absolute offsets.

import { RULES } from '../rules/index.generated';
import type { LocalEdit, LocalFix, Report, Rule, RuleContext, TrainingUnit } from '../rules/rule';
import type { SegmentAnalysis, SemanticModel } from '../semantic/model';
import type { OperationSite } from '../semantic/operation-site';
import { buildTrainingGraph, mayTrain, unitsOf } from '../semantic/training';
import type { Module, Segment } from '../syntax/ast';
import { checkEdits, type Edit, sortEdits } from '../text/edit';
import { shiftSpan } from '../text/span';
import type { Confidence, Finding, Fix } from './finding';
import { importEdit } from './import-edit';

interface RuleReport {
  readonly rule: Rule;
  readonly report: Report;
}

/** Reports of the rules that see one segment at a time, kept with the segment's analysis. */
const PER_SEGMENT = Symbol('reports of rules');

export function runRules(
  module: Module,
  model: SemanticModel,
  wanted: (rule: Rule) => boolean,
  files: Readonly<Record<string, string>> = {},
): Finding[] {
  const active = RULES.filter(
    (rule) => wanted(rule) && (rule.needs === undefined || rule.needs.some((name) => model.packages.has(name))),
  );
  const trains = active.some((rule) => rule.on.unit || rule.on.file) && mayTrain(model);
  const units = new Units(model, trains);
  const reports: RuleReport[] = [];
  for (const analysis of model.analyses) {
    let kept = analysis.derived.get(PER_SEGMENT) as Map<Rule, readonly Report[]> | undefined;
    if (!kept) {
      kept = new Map();
      analysis.derived.set(PER_SEGMENT, kept);
    }
    for (const rule of active) {
      let found = kept.get(rule);
      if (!found) {
        found = segmentReports(rule, model, analysis.segment, units);
        kept.set(rule, found);
      }
      for (const report of found) reports.push({ rule, report });
    }
  }
  for (const rule of active) {
    if (!rule.on.file) continue;
    const collected: Report[] = [];
    rule.on.file(units.all(), contextFor(model, collected, files));
    for (const report of collected) reports.push({ rule, report });
  }
  const placed = new Placement(module);
  return withoutYielding(once(reports))
    .flatMap(({ rule, report }) => placed.finding(rule, report) ?? [])
    .sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end || (a.code < b.code ? -1 : 1));
}

const RANK: Readonly<Record<Confidence, number>> = { possible: 0, likely: 1, proven: 2 };

/** A cause that several places lead to is told once. */
function once(reports: readonly RuleReport[]): readonly RuleReport[] {
  const seen = new Map<Segment, Set<string>>();
  return reports.filter(({ rule, report }) => {
    const { segment, span } = report;
    const known = seen.get(segment) ?? new Set();
    seen.set(segment, known);
    const key = `${rule.code}:${span.start}:${span.end}`;
    return !known.has(key) && known.add(key);
  });
}

/** One report a hazard: a rule is silent where a more specific one speaks of the same place, as surely. */
function withoutYielding(reports: readonly RuleReport[]): readonly RuleReport[] {
  const specific = new Set(reports.flatMap(({ rule }) => rule.yieldsTo ?? []));
  // By segment, so that a long file costs no more than many short ones.
  const bySegment = new Map<Segment, RuleReport[]>();
  for (const each of reports) {
    if (!specific.has(each.rule.code)) continue;
    const beside = bySegment.get(each.report.segment);
    if (beside) beside.push(each);
    else bySegment.set(each.report.segment, [each]);
  }
  if (bySegment.size === 0) return reports;
  return reports.filter(({ rule, report }) => {
    const { yieldsTo } = rule;
    return !(
      yieldsTo &&
      bySegment
        .get(report.segment)
        ?.some(
          (other) =>
            yieldsTo.includes(other.rule.code) &&
            other.report.span.start < report.span.end &&
            report.span.start < other.report.span.end &&
            RANK[other.report.confidence] >= RANK[report.confidence],
        )
    );
  });
}

function contextFor(model: SemanticModel, into: Report[], files: Readonly<Record<string, string>> = {}): RuleContext {
  return { model, files, report: (report) => into.push(report) };
}

const NO_SITES: ReadonlyMap<string, readonly OperationSite[]> = new Map();

/** The sites of a segment by their operation: each rule looks at few of them. */
function sitesByOperation(analysis: SegmentAnalysis | undefined): ReadonlyMap<string, readonly OperationSite[]> {
  if (!analysis) return NO_SITES;
  const known = analysis.derived.get(sitesByOperation) as ReadonlyMap<string, readonly OperationSite[]> | undefined;
  if (known) return known;
  const sites = new Map<string, OperationSite[]>();
  for (const site of analysis.sites) {
    const same = sites.get(site.operation);
    if (same) same.push(site);
    else sites.set(site.operation, [site]);
  }
  analysis.derived.set(sitesByOperation, sites);
  return sites;
}

function segmentReports(rule: Rule, model: SemanticModel, segment: Segment, units: Units): Report[] {
  const collected: Report[] = [];
  const context = contextFor(model, collected);
  const { operations } = rule.on;
  if (operations) {
    const sites = sitesByOperation(model.analysisOf(segment));
    // One kind of operation after the other: reports are sorted by their place in the end.
    for (const name of operations.names) for (const site of sites.get(name) ?? []) operations.visit(site, context);
  }
  rule.on.segment?.(segment, context);
  if (rule.on.unit) for (const unit of units.of(segment)) rule.on.unit(unit, context);
  return collected;
}

/** Training graphs, built when a rule first asks and kept with the segment's analysis. */
class Units {
  private readonly bySegment = new Map<Segment, TrainingUnit[]>();
  private everywhere: readonly TrainingUnit[] | undefined;

  constructor(
    private readonly model: SemanticModel,
    private readonly trains: boolean,
  ) {}

  of(segment: Segment): readonly TrainingUnit[] {
    if (!this.trains) return [];
    const known = this.bySegment.get(segment);
    if (known) return known;
    const derived = this.model.analysisOf(segment)?.derived;
    const kept = derived?.get(Units) as TrainingUnit[] | undefined;
    const units =
      kept ?? unitsOf(this.model, segment).map((unit) => ({ ...unit, graph: buildTrainingGraph(this.model, unit) }));
    derived?.set(Units, units);
    this.bySegment.set(segment, units);
    return units;
  }

  all(): readonly TrainingUnit[] {
    this.everywhere ??= this.model.analyses.flatMap(({ segment }) => this.of(segment));
    return this.everywhere;
  }
}

/** Where each segment stands in the file. */
class Placement {
  private readonly offsets: Map<Segment, number>;

  constructor(private readonly module: Module) {
    this.offsets = new Map(module.segments.map((placed) => [placed.segment, placed.offset]));
  }

  finding(rule: Rule, report: Report): Finding | undefined {
    const offset = this.offsets.get(report.segment);
    if (offset === undefined) return undefined;
    return {
      code: rule.code,
      name: rule.name,
      severity: report.severity ?? rule.severity,
      confidence: report.confidence,
      span: shiftSpan({ start: report.span.start, end: report.span.end }, offset),
      message: report.message,
      related: report.related.flatMap(({ segment, span, message }) => {
        const at = this.offsets.get(segment);
        return at === undefined ? [] : [{ span: shiftSpan(span, at), message }];
      }),
      fixes: report.fixes.flatMap((fix) => this.fix(fix) ?? []),
    };
  }

  private fix(fix: LocalFix): Fix | undefined {
    const edits: Edit[] = [];
    for (const edit of fix.edits) {
      const placed = this.edit(edit);
      if (placed === 'impossible') return undefined;
      if (placed) edits.push(placed);
    }
    const sorted = sortEdits(edits);
    return checkEdits(sorted, this.module.text.length)
      ? undefined
      : { title: fix.title, safety: fix.safety, edits: sorted };
  }

  private edit(edit: LocalEdit): Edit | 'impossible' | undefined {
    if ('import' in edit) return importEdit(this.module, edit.import);
    const offset = this.offsets.get(edit.segment);
    return offset === undefined ? 'impossible' : { span: shiftSpan(edit.span, offset), text: edit.text };
  }
}
