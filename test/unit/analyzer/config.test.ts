// Selection of rules: the closer selector wins, whatever the order in which selectors are given.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  configureFindings,
  isEnabled,
  isSureEnough,
  selectorMatches,
  severityOf,
  unknownSelectors,
} from '../../../src/analyzer/config';
import { type AnalysisConfig, type Confidence, DEFAULT_CONFIG, type Finding } from '../../../src/analyzer/finding';

const log = { code: 'NAN101', name: 'log-of-possible-zero', severity: 'warning' } as const;
const clip = { code: 'NAN401', name: 'clip-after-step', severity: 'error' } as const;

const config = (change: Partial<AnalysisConfig>): AnalysisConfig => ({ ...DEFAULT_CONFIG, ...change });

describe('rule selection', () => {
  it('runs every rule by default', () => {
    assert.equal(isEnabled(log, DEFAULT_CONFIG), true);
  });

  it('knows codes, prefixes, names and ALL, in any case', () => {
    for (const selector of ['NAN101', 'nan101', 'NAN1', 'NAN10', 'NAN', 'log-of-possible-zero', 'ALL', ' all ']) {
      assert.equal(selectorMatches(selector, log), true, selector);
    }
    for (const selector of ['', 'N', 'NAN4', 'NAN1011', 'log', '*', 'NAN1.']) {
      assert.equal(selectorMatches(selector, log), false, selector);
    }
  });

  it('lets the closer selector win', () => {
    assert.equal(isEnabled(log, config({ select: ['NAN1'], ignore: ['NAN101'] })), false);
    assert.equal(isEnabled(log, config({ select: ['NAN101'], ignore: ['NAN1'] })), true);
    assert.equal(isEnabled(log, config({ select: ['log-of-possible-zero'], ignore: ['ALL'] })), true);
    assert.equal(isEnabled(clip, config({ select: ['NAN1'] })), false);
    assert.equal(isEnabled(log, config({ ignore: ['ALL'] })), false);
    assert.equal(isEnabled(log, config({ select: ['NAN1'], ignore: ['NAN1'] })), false);
  });

  it('does not depend on the order of selectors', () => {
    const selectors = ['NAN1', 'NAN101', 'ALL', 'NAN4', 'clip-after-step'];
    for (const rule of [log, clip]) {
      for (let i = 0; i < selectors.length; i++) {
        const rotated = [...selectors.slice(i), ...selectors.slice(0, i)];
        for (const ignore of [['NAN1'], ['NAN101'], ['NAN4', 'ALL'], []]) {
          assert.equal(
            isEnabled(rule, config({ select: rotated, ignore })),
            isEnabled(rule, config({ select: selectors, ignore: [...ignore].reverse() })),
          );
        }
      }
    }
  });

  it('names the selectors that no rule knows', () => {
    assert.deepEqual(unknownSelectors(['NAN101', 'NAN9', 'clip', 'all'], [log, clip]), ['NAN9', 'clip']);
  });
});

describe('severity and confidence', () => {
  it('overrides severity by the closest selector, and "off" switches off', () => {
    const overridden = config({ severity: { NAN1: 'hint', 'log-of-possible-zero': 'error', NAN401: 'off' } });
    assert.equal(severityOf(log, overridden), 'error');
    assert.equal(isEnabled(clip, overridden), false);
    assert.equal(severityOf(clip, DEFAULT_CONFIG), 'error');
  });

  it('keeps findings at or above the wanted confidence', () => {
    const order: Confidence[] = ['possible', 'likely', 'proven'];
    for (const [i, wanted] of order.entries()) {
      for (const [j, given] of order.entries()) {
        assert.equal(isSureEnough(given, config({ minConfidence: wanted })), j >= i);
      }
    }
  });

  it('filters and re-grades findings at once', () => {
    const finding: Finding = {
      ...log,
      confidence: 'likely',
      span: { start: 0, end: 1 },
      message: '',
      related: [],
      fixes: [],
    };
    const findings = [finding, { ...finding, ...clip }, { ...finding, confidence: 'possible' as const }];
    const kept = configureFindings(findings, config({ ignore: ['NAN4'], severity: { NAN101: 'error' } }));
    assert.deepEqual(
      kept.map(({ code, severity }) => [code, severity]),
      [['NAN101', 'error']],
    );
  });
});
