// The analyser as what adds the recorder to scripts.

import type { Analyzer } from '../analyzer/analyzer';
import { removeRecorder } from '../analyzer/recorder/remove';
import { applyEdits } from '../text/edit';
import type { ScriptRecorder } from './recorder';

export function scriptRecorderOf(analyzer: Analyzer): ScriptRecorder {
  return {
    insert(text) {
      const { edits, inserted, problems } = analyzer.insertRecorder(text);
      return { text: applyEdits(text, edits), inserted, problems };
    },
    remove(text) {
      const { edits, removed, problems } = removeRecorder(text);
      return { text: applyEdits(text, edits), removed, problems };
    },
  };
}
