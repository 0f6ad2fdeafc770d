// Takes in what test/harness/suite.ts reports from inside VS Code: prints each result and counts it.
import { emptyResults } from '../results.mjs';
import { say, seconds, Trouble } from '../setup/report.mjs';

export class SuiteResults {
  results = emptyResults();
  #total;
  #ended = false;

  /**
   * @param {'node' | 'web'} host the extension host in which the suite must run
   * @param {(note: object) => void} [onNote] takes what a suite that measures has measured
   */
  constructor(host, onNote) {
    this.host = host;
    this.onNote = onNote;
  }

  /** @returns {boolean} whether the suite is over */
  take(message) {
    if (message.type === 'start') {
      this.#total = message.total;
      if (message.host !== this.host) {
        this.fail(new Trouble(`the suite ran in the ${message.host} extension host, not in the ${this.host} one`));
        this.#ended = true;
      }
    } else if (message.type === 'result') {
      this.#print(message);
      this.results[message.error === undefined ? 'passed' : 'failed'] += 1;
    } else if (message.type === 'note') this.onNote?.(message.note);
    else this.#ended = true;
    return this.#ended;
  }

  #print({ name, milliseconds, error }) {
    say(`  ${error === undefined ? '✔' : '✖'} ${name} (${seconds(milliseconds)})`);
    if (error !== undefined) say(error.replace(/^/gm, '      '));
  }

  /** Counts something that went wrong around the tests as one more failure. */
  fail(error) {
    this.results.failed += 1;
    say(`  ✖ ${error instanceof Trouble ? error.message : (error.stack ?? error)}`);
  }

  /** A suite that stopped in the middle must not pass for one that is through. */
  checkComplete() {
    const reported = this.results.passed + this.results.failed;
    if (this.results.failed > 0) return;
    if (!this.#ended || reported !== this.#total) {
      this.fail(new Trouble(`${this.#total ?? 'no'} tests were declared, ${reported} reported`));
    }
  }
}
