// Bundles everything that ships into dist/.
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { bundles, copyWasm, root } from './bundles.mjs';

await Promise.all(bundles.filter((b) => existsSync(path.join(root, b.entryPoints[0]))).map((b) => esbuild.build(b)));
copyWasm(path.join(root, 'dist'));
