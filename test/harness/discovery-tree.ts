// A tree of files in which every rule about what is checked has its say, and the files that are to be found in it.

/** What every Python file in it holds, so that each that is checked has one finding. */
export const FOUND_IN_EACH = 'import torch\np = torch.softmax(torch.randn(3), 0)\nq = torch.log(p)\n';

const notebook = JSON.stringify({
  cells: [
    { cell_type: 'code', metadata: {}, execution_count: null, outputs: [], source: FOUND_IN_EACH.split(/(?<=\n)/) },
  ],
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
});

const python = [
  'a.py',
  'UPPER.PY',
  '.hidden/h.py',
  '.git/hooks/hook.py',
  'env3/lib/e.py',
  'node_modules/gyp/g.py',
  'venv/v.py',
  'build/b.py',
  'gen/g.py',
  'gen/keep/k.py',
  'src/x_pb2.py',
  'src/sub/s.py',
  'src/sub/deep/only.py',
  'src/sub/deep/other.py',
  'src/tmp/t.py',
  'old/o.py',
  'hidden by editor/h.py',
  'hidden_by_editor_too.py',
];

/** Contents by path. */
export const DISCOVERY_TREE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(python.map((path) => [path, FOUND_IN_EACH])),
  'n.ipynb': notebook,
  'src/.ipynb_checkpoints/n-checkpoint.ipynb': notebook,
  'text.txt': FOUND_IN_EACH,
  'env3/pyvenv.cfg': '',
  '.git/HEAD': 'ref: refs/heads/main\n',
  '.git/info/exclude': 'secret*\n',
  'secret.py': FOUND_IN_EACH,
  '.gitignore': '*_pb2.py\n/gen/*\n!/gen/keep/\ntmp/\n',
  'src/sub/.gitignore': 'deep/*\n!deep/only.py\n',
  'pyproject.toml': '[tool.nanlens]\nexclude = ["old"]\n',
};

/** `files.exclude`, which the editor alone knows of. */
export const HIDDEN_IN_EDITOR = { '**/hidden by editor': true, 'scratch/hidden_by_*_too.py': true, '**/s.py': false };

/** What the command line finds, sorted. */
export const FOUND_IN_TREE = [
  '.hidden/h.py',
  'UPPER.PY',
  'a.py',
  'gen/keep/k.py',
  'hidden by editor/h.py',
  'hidden_by_editor_too.py',
  'n.ipynb',
  'src/sub/deep/only.py',
  'src/sub/s.py',
];

export const FOUND_BY_EDITOR = FOUND_IN_TREE.filter((path) => !path.startsWith('hidden'));
