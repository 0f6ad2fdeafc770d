// Puts the recorder into a running session: tries until there is a model, once, and takes it out after its first dump.

import {
  type Arming,
  armExpression,
  DISARM_EXPRESSION,
  DUMPS_EXPRESSION,
  readArming,
  readDumps,
} from '../../../analyzer/recorder/arming';
import type { Debuggee } from './debuggee';

export interface ArmingHost {
  /** Where this side has the recorder's file; the debuggee may have another machine's files. */
  readonly path: string;
  source(): PromiseLike<string>;
  onArmed(arming: Arming & { readonly state: 'armed' }): void;
  /** The first dump was written, and the recorder is out of the process again. */
  onDump(path: string): void;
  /** Nothing more is tried. */
  onGivenUp(reason: string | undefined): void;
  /** Calls back after that many milliseconds; the answer cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

const PAUSE = 1000;
/** Ten minutes: data sets and models take long to load. */
const MOST_TRIES = 600;

export class RecorderArming {
  private state: 'trying' | 'armed' | 'over' = 'trying';
  private tries = 0;
  private isBusy = false;
  private source: string | undefined;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly debuggee: Debuggee,
    private readonly host: ArmingHost,
  ) {}

  get isArmed(): boolean {
    return this.state === 'armed';
  }

  /** Tries now, and again as long as it must: at each stop, for which this is called too, and from time to time. */
  async tryNow(): Promise<void> {
    if (this.state === 'over' || this.isBusy) return;
    this.isBusy = true;
    this.cancel();
    try {
      await (this.state === 'trying' ? this.arm() : this.look());
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
    } finally {
      this.isBusy = false;
    }
    if (this.isOver()) return;
    this.cancel = this.host.after(PAUSE, () => void this.tryNow());
  }

  /** Nothing more is tried; what is armed stays. */
  stop(): void {
    this.state = 'over';
    this.cancel();
  }

  private isOver(): boolean {
    return this.state === 'over';
  }

  private async arm(): Promise<void> {
    this.tries += 1;
    const answer = readArming(await this.debuggee.evaluate(armExpression(this.host.path, this.source)));
    if (this.isOver()) return;
    if (answer?.state === 'source' && this.source === undefined) {
      this.source = await this.host.source();
      return this.arm();
    }
    if (answer?.state === 'armed') {
      this.state = 'armed';
      this.host.onArmed(answer);
    } else if (answer?.state !== 'waiting') this.end(undefined);
    else if (this.tries >= MOST_TRIES) this.end(undefined);
  }

  private async look(): Promise<void> {
    const [dump] = readDumps(await this.debuggee.evaluate(DUMPS_EXPRESSION));
    if (dump === undefined || this.isOver()) return;
    this.stop();
    await disarm(this.debuggee);
    this.host.onDump(dump);
  }

  private end(reason: string | undefined): void {
    if (this.isOver()) return;
    const wasTrying = this.state === 'trying';
    this.stop();
    if (wasTrying) this.host.onGivenUp(reason);
  }
}

/** Whether there was something to take out. @throws where the debuggee cannot be asked */
export async function disarm(debuggee: Debuggee): Promise<boolean> {
  return (await debuggee.evaluate(DISARM_EXPRESSION)).includes('1');
}
