// The commit that a measurement belongs to.
import { spawnSync } from 'node:child_process';
import { root } from './bundles.mjs';

/** The short hash of HEAD, with a remark if the sources differ from it. */
export function measuredCommit() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const hash = git('rev-parse', '--short', 'HEAD') || 'no commit';
  return git('status', '--porcelain', '--', 'src') ? `${hash} with changes in src` : hash;
}
