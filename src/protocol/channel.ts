// Requests and replies over any port that carries plain data: every request is answered, with a result or with words.

import type { Method } from './messages';

export type Methods<T> = { readonly [K in keyof T]: Method<unknown, unknown> };
export type Params<T extends Methods<T>, K extends keyof T> = T[K]['params'];
export type Result<T extends Methods<T>, K extends keyof T> = T[K]['result'];
export type Handlers<T extends Methods<T>> = {
  readonly [K in keyof T]: (params: Params<T, K>) => Result<T, K> | Promise<Result<T, K>>;
};

export type Reply = { readonly ok: unknown } | { readonly error: string };
export type Message =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply };

/** The params of a request, checked: either what the handler may rely on, or what is wrong with them. */
export type CheckedParams = { readonly ok: unknown } | { readonly error: string };

/** The other side said no, in words that may be shown. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: RequestError): void;
}

export interface ChannelOptions<Answers extends Methods<Answers>> {
  post(message: Message): void;
  readonly handlers: Handlers<Answers>;
  /** Called for every incoming request of a known method before its handler sees it. */
  check?(method: keyof Answers & string, params: unknown): CheckedParams;
  /** Hears of messages that make no sense and of handlers that failed. */
  onFault?(fault: string): void;
}

/** One end of a conversation. `Asks` are the methods of the other end, `Answers` those of this end. */
export class Channel<Asks extends Methods<Asks>, Answers extends Methods<Answers>> {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private closed: string | undefined;

  constructor(private readonly options: ChannelOptions<Answers>) {}

  /** @throws RequestError (as a rejection) if the other end refuses, the channel closes or `signal` is aborted. */
  request<K extends keyof Asks & string>(
    method: K,
    params: Params<Asks, K>,
    signal?: AbortSignal,
  ): Promise<Result<Asks, K>> {
    return new Promise((resolve, reject) => {
      if (this.closed !== undefined) return reject(new RequestError(this.closed));
      if (signal?.aborted) return reject(new RequestError(`“${method}” was cancelled`));
      const id = this.nextId++;
      const giveUp = () => {
        if (this.pending.delete(id)) reject(new RequestError(`“${method}” had no answer in time`));
      };
      const settle = () => signal?.removeEventListener('abort', giveUp);
      this.pending.set(id, {
        resolve: (value) => {
          settle();
          resolve(value as Result<Asks, K>);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', giveUp, { once: true });
      this.options.post({ kind: 'request', id, method, params });
    });
  }

  /** Takes whatever came in; what is not a message of this protocol is reported and dropped. */
  receive(data: unknown): void {
    const message = parseMessage(data);
    if (typeof message === 'string') {
      this.options.onFault?.(message);
      return;
    }
    if (message.kind === 'request') {
      void this.answer(message.id, message.method, message.params);
      return;
    }
    const waiting = this.pending.get(message.id);
    if (!waiting) return;
    this.pending.delete(message.id);
    if ('ok' in message.reply) waiting.resolve(message.reply.ok);
    else waiting.reject(new RequestError(message.reply.error));
  }

  /** Refuses everything that still waits, and all that is asked later. */
  close(reason: string): void {
    this.closed ??= reason;
    for (const waiting of this.pending.values()) waiting.reject(new RequestError(reason));
    this.pending.clear();
  }

  private async answer(id: number, method: string, params: unknown): Promise<void> {
    const reply = await this.reply(method, params);
    if (this.closed === undefined) this.options.post({ kind: 'reply', id, reply });
  }

  private async reply(method: string, params: unknown): Promise<Reply> {
    const { handlers, check, onFault } = this.options;
    if (!Object.hasOwn(handlers, method)) {
      onFault?.(`request for unknown “${method}”`);
      return { error: `“${method}” is not something that can be asked` };
    }
    const known = method as keyof Answers & string;
    const checked: CheckedParams = check ? check(known, params) : { ok: params };
    if ('error' in checked) {
      onFault?.(`request “${method}” refused: ${checked.error}`);
      return { error: checked.error };
    }
    try {
      return { ok: (await handlers[known](checked.ok as Params<Answers, typeof known>)) ?? null };
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      onFault?.(`request “${method}” failed: ${words}`);
      return { error: words };
    }
  }
}

function parseMessage(data: unknown): Message | string {
  if (typeof data !== 'object' || data === null) return 'message is not an object';
  const { kind, id, method, params, reply } = data as Record<string, unknown>;
  if (typeof id !== 'number') return 'message has no id';
  if (kind === 'request') {
    return typeof method === 'string' ? { kind, id, method, params } : 'request names no method';
  }
  if (kind !== 'reply') return 'message is neither request nor reply';
  if (typeof reply !== 'object' || reply === null) return 'reply is empty';
  if ('ok' in reply) return { kind, id, reply: { ok: reply.ok } };
  if ('error' in reply) return { kind, id, reply: { error: String(reply.error) } };
  return 'reply has neither result nor error';
}
