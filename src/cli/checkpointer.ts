// Finite checks in whole programs: a Python file as it is, a notebook's cells as one program with checks in each cell.

import type { Analyzer } from '../analyzer/analyzer';
import type { CheckOptions } from '../analyzer/checkpoints/options';
import { removeCheckpoints } from '../analyzer/checkpoints/remove';
import { cellLine, editsByCell, joinCells } from '../analyzer/notebook';
import { applyEdits } from '../text/edit';
import type { Checkpointer, CheckpointOutcome } from './checkpoints';
import type { SourceProgram } from './engine';

/**
 * Stands after the last line of each cell while it is worked on: a check after a cell's last statement has a line of its
 * own there, which no other cell can claim, and is taken out again with its line end.
 */
const CELL_END = '\n#';

function insertIntoCells(analyzer: Analyzer, texts: readonly string[], options: CheckOptions): CheckpointOutcome {
  const padded = texts.map((text) => text + CELL_END);
  const program = joinCells(padded);
  const { edits, inserted, problems } = analyzer.insertChecks(program.text, options);
  const byCell = editsByCell(program, edits);
  const changed = padded.map((text, i) => applyEdits(text, byCell?.[i] ?? []));
  if (byCell === undefined || !changed.every((text) => text.endsWith(CELL_END))) {
    const problem = 'a check would fall into a magic or between cells, so nothing was inserted';
    return { texts, inserted: [], problems: [...problems, problem] };
  }
  return {
    texts: changed.map((text) => text.slice(0, -CELL_END.length)),
    inserted: inserted.map(({ line, name }) => {
      const place = cellLine(program, line);
      return { text: place.cell, line: place.line, name };
    }),
    problems,
  };
}

export function checkpointerOf(analyzer: Analyzer): Checkpointer {
  return {
    insert({ texts, isNotebook }: SourceProgram, options) {
      if (isNotebook) return insertIntoCells(analyzer, texts, options);
      const text = texts[0] ?? '';
      const { edits, inserted, problems } = analyzer.insertChecks(text, options);
      return {
        texts: [applyEdits(text, edits)],
        inserted: inserted.map(({ line, name }) => ({ text: 0, line, name })),
        problems,
      };
    },
    remove({ texts, isNotebook }) {
      let removed = 0;
      const end = isNotebook ? CELL_END : '';
      const changed = texts.map((text) => {
        const removal = removeCheckpoints(text + end);
        removed += removal.removed;
        const result = applyEdits(text + end, removal.edits);
        return result.slice(0, result.length - end.length);
      });
      return { texts: changed, removed };
    },
  };
}
