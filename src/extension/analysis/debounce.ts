// Waits for a pause in typing before work begins, for each key by itself.

import type { Clock } from '../engine/clock';

interface Waiting {
  readonly since: number;
  readonly cancel: () => void;
}

export class Debouncer {
  private readonly waiting = new Map<string, Waiting>();

  /**
   * @param delay milliseconds of quiet before the work is done
   * @param limit milliseconds after which it is done even without a pause
   */
  constructor(
    private readonly clock: Clock,
    private readonly delay: number,
    private readonly limit: number,
  ) {}

  /** Does `work` after the pause; work that was waiting under this key is forgotten. */
  schedule(key: string, work: () => void): void {
    const since = this.waiting.get(key)?.since ?? this.clock.now();
    this.cancel(key);
    const delay = Math.max(0, Math.min(this.delay, since + this.limit - this.clock.now()));
    const cancel = this.clock.after(delay, () => {
      this.waiting.delete(key);
      work();
    });
    this.waiting.set(key, { since, cancel });
  }

  isWaiting(key: string): boolean {
    return this.waiting.has(key);
  }

  cancel(key: string): void {
    this.waiting.get(key)?.cancel();
    this.waiting.delete(key);
  }

  cancelAll(): void {
    for (const key of [...this.waiting.keys()]) this.cancel(key);
  }
}
