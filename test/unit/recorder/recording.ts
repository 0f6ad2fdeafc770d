// What the tests of the recorder's insertion share: from text to text and back, checked on the way.

import assert from 'node:assert/strict';
import { Analyzer } from '../../../src/analyzer/analyzer';
import { countBroken } from '../../../src/analyzer/broken-count';
import type { RecorderInsertion } from '../../../src/analyzer/recorder/insertion';
import { removeRecorder } from '../../../src/analyzer/recorder/remove';
import { applyEdits, checkEdits } from '../../../src/text/edit';
import { binaries } from '../syntax/python-parser';

export interface Recorded extends RecorderInsertion {
  readonly text: string;
}

export function newAnalyzer(): Promise<Analyzer> {
  return Analyzer.create(binaries);
}

export function removed(text: string): string {
  return applyEdits(text, removeRecorder(text).edits);
}

/** Inserts, and checks what holds for every text: sound edits, twice is once, removal gives the text back. */
export function recorded(analyzer: Analyzer, text: string): Recorded {
  const insertion = analyzer.insertRecorder(text);
  assert.equal(checkEdits(insertion.edits, text.length), undefined);
  const after = applyEdits(text, insertion.edits);
  assert.equal(removed(after), text, 'removal does not give the text back');
  if (insertion.edits.length > 0) {
    assert.deepEqual(analyzer.insertRecorder(after).edits, [], 'inserting twice inserts more');
    assert.ok(countBroken(analyzer.parser.parse(after)) <= countBroken(analyzer.parser.parse(text)));
    assert.equal(insertion.edits.length > 0, insertion.inserted.length > 0);
  }
  return { ...insertion, text: after };
}
