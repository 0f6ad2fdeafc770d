// What a tool for agents is: its name, what it says of itself to the model, and the JSON schema of what it takes.

interface Described {
  readonly description: string;
}

export interface TextParameter extends Described {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly default?: string;
}

export interface IntegerParameter extends Described {
  readonly type: 'integer';
  readonly minimum: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface SwitchParameter extends Described {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface ListParameter extends Described {
  readonly type: 'array';
  readonly items: { readonly type: 'string' };
}

export type Parameter = TextParameter | IntegerParameter | SwitchParameter | ListParameter;

/** The subset of JSON schema that the tools speak. */
export interface InputSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Parameter>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
}

/** What a tool gives back; only ever read by others, so any JSON schema of an object will do. */
export interface OutputSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

export interface AgentTool {
  /** A name for people. */
  readonly title: string;
  /** What the model reads to decide when to use it. */
  readonly description: string;
  readonly inputSchema: InputSchema;
  readonly outputSchema: OutputSchema;
  readonly isReadOnly: boolean;
}

/** Something that a tool cannot do, in words for the model and the person behind it. */
export class ToolError extends Error {}
