// What is known of one anomaly: what, where, when, and in whose words.

import { html, nothing, type TemplateResult } from 'lit';
import type { AnomalyView } from '../protocol/dump-view';
import type { StringKey } from '../protocol/strings';
import { formatCount } from './number-format';
import type { PageContext } from './page-context';

const kindNames: Readonly<Record<AnomalyView['kind'], StringKey>> = {
  'nan-backward': 'kindNanBackward',
  'nan-forward': 'kindNanForward',
  'inf-forward': 'kindInfForward',
  'loss-nan': 'kindLossNan',
  'loss-inf': 'kindLossInf',
  'grad-nonfinite': 'kindGradNonfinite',
  overflow: 'kindOverflow',
  'overflow-skip': 'kindOverflowSkip',
  'invalid-argument': 'kindInvalidArgument',
  'input-nan': 'kindInputNan',
  'metric-nonfinite': 'kindMetricNonfinite',
  warning: 'kindWarning',
};

const roleNames: Readonly<Record<AnomalyView['role'], StringKey>> = {
  first: 'roleFirst',
  consequence: 'roleConsequence',
  secondary: 'roleSecondary',
  benign: 'roleBenign',
};

export function kindOf(context: PageContext, anomaly: AnomalyView): string {
  return kindText(context, anomaly.kind);
}

export function kindText(context: PageContext, kind: AnomalyView['kind']): string {
  return context.text(kindNames[kind]);
}

export function roleOf(context: PageContext, anomaly: AnomalyView): string {
  return roleText(context, anomaly.role);
}

export function roleText(context: PageContext, role: AnomalyView['role']): string {
  return context.text(roleNames[role]);
}

/** `step 237 · rank 3`; empty where the artefact does not say. */
export function whenOf(context: PageContext, anomaly: AnomalyView): string {
  const parts: readonly (readonly [StringKey, number | null])[] = [
    ['step', anomaly.step],
    ['epoch', anomaly.epoch],
    ['batch', anomaly.batch],
    ['rank', anomaly.rank],
  ];
  return parts
    .filter((part): part is readonly [StringKey, number] => part[1] !== null)
    .map(([key, value]) => context.text(key, formatCount(value, context.language)))
    .join(' · ');
}

export function anomalyDetails(
  context: PageContext,
  anomaly: AnomalyView,
  openRule: (code: string) => void,
): TemplateResult {
  const row = (key: StringKey, value: unknown) =>
    html`<div class="fact"><dt>${context.text(key)}</dt><dd>${value}</dd></div>`;
  const code = (key: StringKey, value: string | null) =>
    value === null ? nothing : row(key, html`<code>${value}</code>`);
  const when = whenOf(context, anomaly);
  return html`<dl class="facts">
    ${code('operation', operationOf(context, anomaly))}
    ${row('kind', kindOf(context, anomaly))}
    ${code('module', anomaly.module)}
    ${code('parameter', anomaly.param)}
    ${code('metric', anomaly.metric)}
    ${when === '' ? nothing : row('when', when)}
    ${code('toldBy', anomaly.file)}
    ${anomaly.rules.length === 0 ? nothing : row('hazards', rules(context, anomaly, openRule))}
    ${anomaly.message === '' ? nothing : row('message', html`<pre class="message">${anomaly.message}</pre>`)}
  </dl>`;
}

function operationOf(context: PageContext, { op, outputIndex }: AnomalyView): string | null {
  if (op === null || outputIndex === null) return op;
  return context.text('operationOutput', op, outputIndex);
}

function rules(context: PageContext, anomaly: AnomalyView, openRule: (code: string) => void): TemplateResult {
  return html`<ul class="inline-list">
    ${anomaly.rules.map((code) => {
      const name = context.ruleName(code);
      if (name === undefined) return html`<li><code>${code}</code></li>`;
      const title = context.text('openRule', code);
      return html`<li><button type="button" class="link" title=${title} @click=${() => openRule(code)}>${code} ${name}</button></li>`;
    })}
  </ul>`;
}
