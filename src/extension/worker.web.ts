// The engine's worker in a browser.

import type { ToWorker } from './engine/messages';
import { serveEngine } from './engine/worker-port';

// The project's types hold those of pages too, whose `self` is a window.
const scope = self as unknown as DedicatedWorkerGlobalScope;
const receive = serveEngine((message) => scope.postMessage(message));
scope.addEventListener('message', (event: MessageEvent<ToWorker>) => receive(event.data));
