// The engine's worker under Node.

import { parentPort } from 'node:worker_threads';
import type { ToWorker } from './engine/messages';
import { serveEngine } from './engine/worker-port';

const receive = serveEngine((message) => parentPort?.postMessage(message));
parentPort?.on('message', (message: ToWorker) => receive(message));
