// A notebook of 100 cells, edited at random for 300 rounds: when it is at rest, what is shown is what a fresh analysis finds.
import { assert } from 'chai';
import * as vscode from 'vscode';
import { Analyzer } from '../../src/analyzer/analyzer';
import { DEFAULT_CONFIG } from '../../src/analyzer/finding';
import { codeOf, diagnosticsOf, writeFile } from '../harness/editor';
import { edited, Random, sourceOf } from '../harness/random-notebook';
import { eventually, test } from '../harness/suite';

/** The same property is held for 1,000 rounds by test/unit/analyzer/notebook-edits.test.ts, where nothing has to be drawn. */
const rounds = 300;
/** Each is a test of its own, with a notebook of its own. */
const parts = 6;
/** Edits come faster than the analysis answers; after so many it is given the time. */
const burst = 25;

async function freshAnalyzer(): Promise<Analyzer> {
  const extension = vscode.extensions.getExtension('nanlens.nanlens');
  if (!extension) throw new Error('The extension is not there');
  const read = (name: string): Thenable<Uint8Array> =>
    vscode.workspace.fs.readFile(vscode.Uri.joinPath(extension.extensionUri, 'dist', name));
  const [runtime, language] = await Promise.all([read('web-tree-sitter.wasm'), read('tree-sitter-python.wasm')]);
  return Analyzer.create({ runtime, language });
}

async function apply(notebook: vscode.NotebookDocument, random: Random): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const at = random.below(notebook.cellCount);
  const cell = notebook.cellAt(at);
  const newCell = (source: string) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, source, 'python');
  switch (random.below(6)) {
    case 0:
      edit.set(notebook.uri, [
        vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(at, at + 1)),
        vscode.NotebookEdit.insertCells(random.below(notebook.cellCount - 1), [newCell(sourceOf(random))]),
      ]);
      break;
    case 1: {
      const first = Math.min(at, notebook.cellCount - 2);
      const swapped = [first + 1, first].map((index) => newCell(notebook.cellAt(index).document.getText()));
      edit.set(notebook.uri, [vscode.NotebookEdit.replaceCells(new vscode.NotebookRange(first, first + 2), swapped)]);
      break;
    }
    default: {
      const { document } = cell;
      const whole = new vscode.Range(new vscode.Position(0, 0), document.positionAt(document.getText().length));
      edit.replace(document.uri, whole, edited(document.getText(), random));
    }
  }
  assert.isTrue(await vscode.workspace.applyEdit(edit));
}

async function openRandomNotebook(name: string, random: Random): Promise<vscode.NotebookDocument> {
  const common = { cell_type: 'code', metadata: {}, execution_count: null, outputs: [] };
  const cells = Array.from({ length: 100 }, () => ({ ...common, source: sourceOf(random) }));
  const metadata = { language_info: { name: 'python' } };
  const uri = await writeFile(name, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
  const notebook = await vscode.workspace.openNotebookDocument(uri);
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

/** Code and place of each finding, cell by cell. */
function shown(notebook: vscode.NotebookDocument): string {
  const cells = notebook.getCells().map(({ document }) =>
    diagnosticsOf(document.uri)
      .map(
        (diagnostic) =>
          `${codeOf(diagnostic)}@${document.offsetAt(diagnostic.range.start)}-${document.offsetAt(diagnostic.range.end)}`,
      )
      .sort(),
  );
  return JSON.stringify(cells);
}

function wanted(notebook: vscode.NotebookDocument, analyzer: Analyzer): string {
  const texts = notebook.getCells().map(({ document }) => document.getText());
  const results = analyzer.analyzeNotebook(texts, DEFAULT_CONFIG);
  return JSON.stringify(
    results.map(({ findings, problems }) => {
      // A suppression that cannot mean what its writer meant is shown in its place.
      const told = problems.flatMap(({ span }) => (span ? [`undefined@${span.start}-${span.end}`] : []));
      return [...findings.map(({ code, span }) => `${code}@${span.start}-${span.end}`), ...told].sort();
    }),
  );
}

for (let part = 1; part <= parts; part++) {
  test(
    `after any edits of a notebook, findings are those of a fresh analysis: part ${part} of ${parts}`,
    async () => {
      const random = new Random(part);
      const notebook = await openRandomNotebook(`random-${part}.ipynb`, random);
      const seen = new Set<string>();
      for (let round = 1; round <= rounds / parts; round++) {
        await apply(notebook, random);
        if (round % burst !== 0) continue;
        const expected = wanted(notebook, await freshAnalyzer());
        await eventually(`the findings of round ${round}`, () => shown(notebook) === expected).catch(() => {
          assert.equal(shown(notebook), expected, `round ${round}`);
        });
        seen.add(expected);
      }
      // Something is found, and it changes.
      assert.isAbove(seen.size, rounds / parts / burst / 2);
    },
    { timeout: 55_000 },
  );
}
