// Numbers as they cross between host and page: some hosts serialise messages as JSON, which turns NaN and ±Infinity into null.

export type WireNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export function toWire(value: number): WireNumber {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

export function fromWire(value: WireNumber): number {
  return typeof value === 'number' ? value : Number(value);
}

export function toWireOrNull(value: number | null): WireNumber | null {
  return value === null ? null : toWire(value);
}
