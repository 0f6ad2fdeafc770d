// The engine's end of a worker: starts it with the parser's binaries and answers each request, whatever happens.

import { Engine } from './engine';
import { describeError, type FromWorker, type ToWorker } from './messages';

/** Serves messages one after another; `post` sends to the host. Returns the function that takes a message. */
export function serveEngine(post: (message: FromWorker) => void): (message: ToWorker) => void {
  let engine: Engine | undefined;
  return (message) => {
    if (message.type === 'start') {
      Engine.create({ runtime: message.runtime, language: message.language }).then(
        (created) => {
          engine = created;
          post({ type: 'started' });
        },
        (error: unknown) => post({ type: 'failed', message: describeError(error) }),
      );
      return;
    }
    try {
      if (!engine) throw new Error('the engine has not started');
      post({ type: 'reply', id: message.id, value: engine.handle(message.request) });
    } catch (error) {
      post({ type: 'error', id: message.id, message: describeError(error) });
    }
  };
}
