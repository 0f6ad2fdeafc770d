// What Node knows of files on a disk beyond VS Code's API: where links lead, and whether case tells names apart.

import { realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { DiskFacts } from '../platform';

export const diskFacts: DiskFacts = {
  ignoresCase: process.platform === 'win32' || process.platform === 'darwin',
  async realPath(uri) {
    try {
      return vscode.Uri.file(await realpath(uri.fsPath)).path;
    } catch {
      return uri.path;
    }
  },
};
