// The JSON schema of `[tool.nanlens]`, from the catalogue of rules: media/pyproject.schema.json is this.

import { CONFIDENCES, type KEYS, SEVERITIES } from './settings';

/** What is told of a rule. */
interface Described {
  readonly code: string;
  readonly name: string;
  readonly summary: string;
}

type JsonSchema = Readonly<Record<string, unknown>>;

/** "NAN", "NAN1", "NAN10", … for the codes given: what may stand for several rules. */
function prefixesOf(rules: readonly Described[]): string[] {
  return [
    ...new Set(rules.flatMap(({ code }) => ['NAN', 'NAN1', 'NAN10'].map(({ length }) => code.slice(0, length)))),
  ].sort();
}

/**
 * Describes a whole pyproject.toml, of which it says nothing but of our table; that by itself is
 * `#/definitions/nanlens`, for schemas that are put together from parts.
 */
export function tableSchema(rules: readonly Described[]): JsonSchema {
  const selector = { $ref: '#/definitions/selector' };
  const selectors = { type: 'array', items: selector };
  const severity = { type: 'string', enum: SEVERITIES };
  const properties: Record<(typeof KEYS)[number], JsonSchema> = {
    select: { ...selectors, description: 'Rules that run; empty or absent: all.', examples: [['ALL']] },
    'extend-select': { ...selectors, description: 'Rules that run besides those of select.' },
    ignore: { ...selectors, description: 'Rules that do not run. The closer selector wins.' },
    'per-file-ignores': {
      type: 'object',
      description: 'Rules that do not run in some files: patterns as in .gitignore, relative to this file.',
      additionalProperties: selectors,
    },
    exclude: {
      type: 'array',
      items: { type: 'string' },
      description: 'Files and folders that are left out: patterns as in .gitignore, relative to this file.',
    },
    'min-confidence': {
      type: 'string',
      enum: CONFIDENCES,
      default: 'likely',
      description: 'How sure a finding must be to be reported.',
    },
    severity: {
      type: 'object',
      description: 'How findings are reported, by rule; "off" switches a rule off.',
      propertyNames: selector,
      properties: Object.fromEntries(
        rules.map(({ code, name, summary }) => [code, { ...severity, description: `${name}: ${summary.trim()}` }]),
      ),
      additionalProperties: severity,
    },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'NaN Lens in pyproject.toml',
    type: 'object',
    properties: {
      tool: { type: 'object', properties: { nanlens: { $ref: '#/definitions/nanlens' } } },
    },
    definitions: {
      nanlens: {
        type: 'object',
        title: 'NaN Lens',
        description: 'What NaN Lens looks for in this project.',
        properties,
        additionalProperties: false,
      },
      selector: {
        description: 'A rule code, a code prefix, a rule name or ALL.',
        type: 'string',
        enum: ['ALL', ...prefixesOf(rules), ...rules.flatMap(({ code, name }) => [code, name])],
      },
    },
  };
}
