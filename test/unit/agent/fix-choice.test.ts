// Which fix is meant by a rule and a line; never an unsafe one that nobody asked for.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseFix, type FixRequest, placeFindings } from '../../../src/agent/fix-choice';
import { ToolError } from '../../../src/agent/tool';
import type { Finding, Fix, FixSafety } from '../../../src/analyzer/finding';

const TEXT = 'first\nsecond (\nthird )\n';

function fix(title: string, safety: FixSafety): Fix {
  return { title, safety, edits: [{ span: { start: 0, end: 0 }, text: '#' }] };
}

function finding(code: string, start: number, end: number, fixes: readonly Fix[]): Finding {
  const name = `name-of-${code.toLowerCase()}`;
  return {
    code,
    name,
    severity: 'warning',
    confidence: 'proven',
    span: { start, end },
    message: '',
    related: [],
    fixes,
  };
}

const SAFE = fix('Move it', 'safe');
const CLAMP = fix('Clamp it', 'unsafe');
const SHIFT = fix('Shift it', 'unsafe');

function choose(findings: readonly Finding[], request: Partial<FixRequest> = {}): string {
  const whole: FixRequest = {
    rule: 'NAN101',
    line: 2,
    cell: undefined,
    title: undefined,
    isUnsafeAllowed: false,
    ...request,
  };
  return chooseFix(placeFindings([{ text: TEXT, cell: null, findings }]), whole).fix.title;
}

const refuses = (findings: readonly Finding[], request: Partial<FixRequest>, words: RegExp): void =>
  assert.throws(
    () => choose(findings, request),
    (error) => error instanceof ToolError && words.test(error.message),
  );

describe('the choice of a fix', () => {
  const mixed = finding('NAN101', 6, 20, [CLAMP, SAFE, SHIFT]);

  it('takes the safe one, by code or by name, on any line of the finding', () => {
    assert.equal(choose([mixed]), 'Move it');
    assert.equal(choose([mixed], { rule: 'Name-Of-NAN101', line: 3 }), 'Move it');
    assert.equal(choose([mixed], { isUnsafeAllowed: true }), 'Move it');
  });

  it('takes an unsafe one only by name and with leave', () => {
    refuses([mixed], { title: 'Clamp it' }, /Only unsafe fixes are there/);
    assert.equal(choose([mixed], { title: 'Clamp it', isUnsafeAllowed: true }), 'Clamp it');
    const unsafe = finding('NAN101', 6, 20, [CLAMP, SHIFT]);
    refuses(
      [unsafe],
      { isUnsafeAllowed: true },
      /several unsafe fixes; .*"Clamp it" \(unsafe\), "Shift it" \(unsafe\)/,
    );
    assert.equal(choose([finding('NAN101', 6, 20, [CLAMP])], { isUnsafeAllowed: true }), 'Clamp it');
  });

  it('says what there is instead', () => {
    refuses([mixed], { rule: 'NAN102' }, /no finding of NAN102/);
    refuses([mixed], { line: 1 }, /no finding of NAN101 at line 1; there is at line 2\./);
    refuses([mixed], { title: 'Pray' }, /No fix there is called "Pray"; there are "Clamp it" \(unsafe\)/);
    refuses([finding('NAN101', 6, 20, [])], {}, /has no fix/);
    refuses([finding('NAN101', 6, 20, [{ ...SAFE, edits: [] }])], {}, /has no fix/);
  });

  it('asks which cell where several have it', () => {
    const program = [2, 5].map((cell) => ({ text: TEXT, cell, findings: [mixed] }));
    const request = { rule: 'NAN101', line: 2, cell: undefined, title: undefined, isUnsafeAllowed: false };
    assert.throws(() => chooseFix(placeFindings(program), request), /say which cell/);
    assert.equal(chooseFix(placeFindings(program), { ...request, cell: 5 }).at.index, 1);
  });
});
