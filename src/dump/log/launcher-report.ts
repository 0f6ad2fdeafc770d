// What a launcher says at the end of a run of several processes: which of them failed first.

import type { LogLine } from './prefix';

export class LauncherReport {
  rootRank: number | null = null;
  private linesToRead = 0;

  line({ text }: LogLine): void {
    if (text.startsWith('Root Cause (first observed failure)')) this.linesToRead = 8;
    else if (this.linesToRead > 0) {
      this.linesToRead--;
      const rank = /^\s*rank\s*:\s*(\d+)/.exec(text);
      if (rank) {
        this.rootRank = Number(rank[1]);
        this.linesToRead = 0;
      }
    }
  }
}
