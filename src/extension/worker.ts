// The engine's worker: one script, for Node's worker threads as well as for a browser's workers.

import type { ToWorker } from './engine/messages';
import { serveEngine } from './engine/worker-port';

// Node's module cannot be imported at the top: a browser has none.
declare function require(module: 'node:worker_threads'): typeof import('node:worker_threads');

if (typeof WorkerGlobalScope === 'undefined') {
  const { parentPort } = require('node:worker_threads');
  const receive = serveEngine((message) => parentPort?.postMessage(message));
  parentPort?.on('message', (message: ToWorker) => receive(message));
} else {
  // The project's types hold those of pages too, whose `self` is a window.
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  const receive = serveEngine((message) => scope.postMessage(message));
  scope.addEventListener('message', (event: MessageEvent<ToWorker>) => receive(event.data));
}
