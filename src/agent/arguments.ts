// What an agent gave to a tool, checked against the tool's schema: models make up parameters, and get words back.

import { type InputSchema, type Parameter, ToolError } from './tool';

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** @returns what the parameter must be where `value` is not that */
function expectation(parameter: Parameter, value: unknown): string | undefined {
  switch (parameter.type) {
    case 'string':
      if (typeof value !== 'string') return 'text';
      return parameter.enum && !parameter.enum.includes(value) ? `one of ${parameter.enum.join(', ')}` : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'array':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'a list of texts';
    case 'integer': {
      const { minimum, maximum = Number.MAX_SAFE_INTEGER } = parameter;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
      if (fits) return undefined;
      return parameter.maximum === undefined
        ? `a whole number from ${minimum} up`
        : `a whole number from ${minimum} to ${maximum}`;
    }
  }
}

/** Arguments that fit their schema. A parameter that was not given has its default. */
export class ToolArguments {
  private readonly values: Readonly<Record<string, unknown>>;

  /** @throws ToolError that names every fault */
  constructor(
    private readonly schema: InputSchema,
    given: unknown,
  ) {
    if (given !== undefined && kindOf(given) !== 'object') {
      throw new ToolError(`The arguments must be an object, not ${kindOf(given)}.`);
    }
    // null for a parameter that may be left out is how some models leave it out.
    const values = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
    const known = Object.keys(schema.properties);
    const faults = values.flatMap(([name, value]) => {
      const parameter = known.includes(name) ? schema.properties[name] : undefined;
      if (parameter === undefined) return [`"${name}" is not known; there are ${known.join(', ') || 'no parameters'}`];
      const expected = expectation(parameter, value);
      return expected === undefined ? [] : [`"${name}" must be ${expected}`];
    });
    const missing = (schema.required ?? []).filter((name) => !values.some(([own]) => own === name));
    faults.push(...missing.map((name) => `"${name}" is missing`));
    if (faults.length > 0) throw new ToolError(`The arguments do not fit: ${faults.join('; ')}.`);
    this.values = Object.fromEntries(values);
  }

  private value(name: string): unknown {
    if (Object.hasOwn(this.values, name)) return this.values[name];
    const parameter = this.schema.properties[name];
    return parameter && 'default' in parameter ? parameter.default : undefined;
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** A parameter that the schema requires. */
  requiredText(name: string): string {
    return this.text(name) ?? '';
  }

  integer(name: string): number | undefined {
    const value = this.value(name);
    return typeof value === 'number' ? value : undefined;
  }

  isOn(name: string): boolean {
    return this.value(name) === true;
  }

  list(name: string): readonly string[] {
    const value = this.value(name);
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }
}
