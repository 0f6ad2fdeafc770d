// The host's end of the engine: one request at a time, newest first for each key, with a budget and bounded restarts.

import type { Clock } from './clock';
import { describeError, type EngineReply, type EngineRequest, type FromWorker, type ToWorker } from './messages';

/** A worker that has been created; it speaks once `start` was posted. */
export interface WorkerConnection {
  post(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** Called once when it ends by itself or fails. */
  onDeath(listener: (reason: string) => void): void;
  terminate(): void;
}

/** The engine inside the host: what is left where no worker can start. */
export interface LocalEngine {
  handle<R extends EngineRequest>(request: R): EngineReply<R>;
}

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T; readonly milliseconds: number }
  /** A newer request with the same key took its place, or the client was disposed. */
  | { readonly kind: 'superseded' }
  /** It took longer than its budget; the worker was ended and started anew. */
  | { readonly kind: 'timeout'; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly message: string };

export type EngineState = 'idle' | 'starting' | 'working' | 'stopped';

export interface ClientOptions {
  /** Creates a worker. @throws where there is none to be had */
  connect(): Promise<WorkerConnection>;
  loadBinaries(): Promise<{ readonly runtime: Uint8Array; readonly language: Uint8Array }>;
  createLocal(binaries: { readonly runtime: Uint8Array; readonly language: Uint8Array }): Promise<LocalEngine>;
  readonly clock: Clock;
  /** For people: what went wrong and what was done about it. */
  log(message: string): void;
  onState(state: EngineState): void;
}

/** Milliseconds that a worker may take to start. */
const START_LIMIT = 20_000;
/** A worker that dies more often than this within the window stays down until a person restarts it. */
const MAX_DEATHS = 3;
const DEATH_WINDOW = 5 * 60_000;

/** UTF-16 units that the engine may be given where it runs inside the host and cannot be interrupted. */
const LOCAL_LIMIT = 1_000_000;

interface Job {
  readonly key: string;
  readonly request: EngineRequest;
  readonly budget: number;
  readonly settle: (outcome: Outcome<EngineReply<EngineRequest>>) => void;
}

function sizeOf(request: EngineRequest): number {
  if (request.kind === 'checkFile') return request.bytes.length;
  if (!('program' in request)) return request.text.length;
  return request.program.cells.reduce((sum, cell) => sum + cell.length, 0);
}

export class EngineClient {
  private readonly queue: Job[] = [];
  private running: { job: Job; id: number; since: number; cancelBudget: () => void } | undefined;
  private worker: WorkerConnection | undefined;
  private local: LocalEngine | undefined;
  private nextId = 1;
  private starting = false;
  private stoppedBecause: string | undefined;
  private disposed = false;
  private deaths: number[] = [];
  /** Counts starts, so that the remains of an ended one are told from the present one. */
  private generation = 0;
  private readonly waitingForQuiet: (() => void)[] = [];

  constructor(private readonly options: ClientOptions) {}

  get state(): EngineState {
    if (this.stoppedBecause !== undefined) return 'stopped';
    if (this.starting) return 'starting';
    return this.running || this.queue.length > 0 ? 'working' : 'idle';
  }

  /** Where requests are carried out; undefined until the first start has ended. */
  get place(): 'worker' | 'host' | undefined {
    if (this.worker) return 'worker';
    return this.local ? 'host' : undefined;
  }

  /** Why the engine stays down; undefined while it does not. */
  get stopReason(): string | undefined {
    return this.stoppedBecause;
  }

  /**
   * Asks the engine. Of several waiting requests with one key only the newest is carried out. Never rejects.
   *
   * @param budget milliseconds of work, waiting not counted
   */
  request<R extends EngineRequest>(key: string, request: R, budget: number): Promise<Outcome<EngineReply<R>>> {
    return new Promise((resolve) => {
      if (this.disposed) return resolve({ kind: 'superseded' });
      if (this.stoppedBecause !== undefined) return resolve({ kind: 'failed', message: this.stoppedBecause });
      this.cancelWaiting(key);
      // The reply to a request has the type that belongs to the request's kind.
      const settle = resolve as (outcome: Outcome<EngineReply<EngineRequest>>) => void;
      this.queue.push({ key, request, budget, settle });
      this.pump();
    });
  }

  /** Resolves once nothing is asked for any more. */
  whenQuiet(): Promise<void> {
    const isQuiet = this.disposed || (!this.running && this.queue.length === 0);
    return isQuiet ? Promise.resolve() : new Promise((resolve) => this.waitingForQuiet.push(resolve));
  }

  /** Drops a request that has not begun. */
  cancelWaiting(key: string): void {
    for (let i = this.queue.length - 1; i >= 0; i--) {
      if (this.queue[i]?.key === key) this.queue.splice(i, 1)[0]?.settle({ kind: 'superseded' });
    }
  }

  /** Ends the worker and begins afresh, whatever happened before. Waiting requests are kept. */
  restart(): void {
    this.deaths = [];
    this.stoppedBecause = undefined;
    this.local = undefined;
    this.endWorker();
    this.finish({ kind: 'superseded' });
    this.pump();
  }

  dispose(): void {
    this.disposed = true;
    this.endWorker();
    this.finish({ kind: 'superseded' });
    for (const job of this.queue.splice(0)) job.settle({ kind: 'superseded' });
    this.tellState();
  }

  private pump(): void {
    const isFree = !this.disposed && !this.running && !this.starting && this.stoppedBecause === undefined;
    if (isFree && this.queue.length > 0) {
      if (this.local) this.runLocally(this.local);
      else if (this.worker) this.runInWorker(this.worker);
      else void this.start();
    }
    this.tellState();
  }

  private tellState(): void {
    if (!this.running && this.queue.length === 0) for (const resolve of this.waitingForQuiet.splice(0)) resolve();
    if (!this.disposed) this.options.onState(this.state);
  }

  private runInWorker(worker: WorkerConnection): void {
    const job = this.queue.shift();
    if (!job) return;
    const id = this.nextId++;
    const since = this.options.clock.now();
    const cancelBudget = this.options.clock.after(job.budget, () => {
      this.options.log(`The analysis did not end within ${job.budget / 1000} s and was stopped.`);
      this.endWorker();
      this.finish({ kind: 'timeout', milliseconds: job.budget });
      this.pump();
    });
    this.running = { job, id, since, cancelBudget };
    worker.post({ type: 'request', id, request: job.request });
  }

  private runLocally(engine: LocalEngine): void {
    const job = this.queue.shift();
    if (!job) return;
    const since = this.options.clock.now();
    this.running = { job, id: this.nextId++, since, cancelBudget: () => undefined };
    // A turn of the event loop between requests lets the host serve others.
    this.options.clock.after(0, () => {
      if (this.running?.job !== job) return;
      try {
        if (sizeOf(job.request) > LOCAL_LIMIT) throw new Error('It is too large to be analysed without a worker.');
        const value = engine.handle(job.request);
        this.finish({ kind: 'done', value, milliseconds: this.options.clock.now() - since });
      } catch (error) {
        this.finish({ kind: 'failed', message: describeError(error) });
      }
      this.pump();
    });
  }

  private finish(outcome: Outcome<EngineReply<EngineRequest>>): void {
    const { running } = this;
    this.running = undefined;
    running?.cancelBudget();
    running?.job.settle(outcome);
  }

  private endWorker(): void {
    this.generation++;
    this.starting = false;
    const { worker } = this;
    // Forgotten first: ending it makes it tell of its death, which then is no news.
    this.worker = undefined;
    worker?.terminate();
  }

  private async start(): Promise<void> {
    this.starting = true;
    const generation = ++this.generation;
    const isCurrent = (): boolean => generation === this.generation && !this.disposed;
    let binaries: { readonly runtime: Uint8Array; readonly language: Uint8Array };
    try {
      binaries = await this.options.loadBinaries();
    } catch (error) {
      if (isCurrent()) this.stop(`The parser's files could not be read: ${describeError(error)}`);
      return;
    }
    if (!isCurrent()) return;
    try {
      const worker = await this.startWorker(binaries, generation);
      if (isCurrent()) this.worker = worker;
      else return worker.terminate();
    } catch (error) {
      if (!isCurrent()) return;
      this.options.log(
        `No worker could be started (${describeError(error)}). The analysis runs inside the extension host instead.`,
      );
      try {
        const local = await this.options.createLocal(binaries);
        if (!isCurrent()) return;
        this.local = local;
      } catch (failure) {
        if (isCurrent()) this.stop(`The parser could not be started: ${describeError(failure)}`);
        return;
      }
    }
    this.starting = false;
    this.pump();
  }

  /** @throws if the worker cannot be created, says that it failed, ends, or stays silent */
  private async startWorker(
    binaries: { readonly runtime: Uint8Array; readonly language: Uint8Array },
    generation: number,
  ): Promise<WorkerConnection> {
    const worker = await this.options.connect();
    try {
      await new Promise<void>((resolve, reject) => {
        const cancelLimit = this.options.clock.after(START_LIMIT, () =>
          reject(new Error(`it did not start within ${START_LIMIT / 1000} s`)),
        );
        worker.onMessage((message) => {
          if (message.type === 'started') {
            cancelLimit();
            resolve();
          } else if (message.type === 'failed') {
            cancelLimit();
            reject(new Error(message.message));
          } else if (generation === this.generation) this.receive(message);
        });
        worker.onDeath((reason) => {
          cancelLimit();
          reject(new Error(reason));
          if (worker === this.worker) this.died(reason);
        });
        worker.post({ type: 'start', ...binaries });
      });
    } catch (error) {
      worker.terminate();
      throw error;
    }
    return worker;
  }

  private receive(message: FromWorker): void {
    const { running } = this;
    if (!running || message.type === 'started' || message.type === 'failed' || message.id !== running.id) return;
    if (message.type === 'error') this.finish({ kind: 'failed', message: message.message });
    else this.finish({ kind: 'done', value: message.value, milliseconds: this.options.clock.now() - running.since });
    this.pump();
  }

  /**
   * A worker that was at work has died: the request at hand is given up, for it may be the cause. The engine is never
   * moved into the host then, because what killed a worker would kill the host and every other extension with it.
   */
  private died(reason: string): void {
    this.endWorker();
    const now = this.options.clock.now();
    this.deaths = [...this.deaths.filter((time) => now - time < DEATH_WINDOW), now];
    this.options.log(`The analysis worker ended: ${reason}`);
    this.finish({ kind: 'failed', message: `The analysis worker ended: ${reason}` });
    if (this.deaths.length > MAX_DEATHS) {
      this.stop(`The analysis worker ended ${this.deaths.length} times within ${DEATH_WINDOW / 60_000} minutes.`);
    } else this.pump();
  }

  private stop(reason: string): void {
    this.starting = false;
    this.stoppedBecause = reason;
    this.options.log(`${reason} The analysis is off until it is restarted.`);
    for (const job of this.queue.splice(0)) job.settle({ kind: 'failed', message: reason });
    this.tellState();
  }
}
