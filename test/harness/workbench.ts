// A real VS Code in Chromium, used as a person uses it: keys, clicks and what stands on the screen. Nothing here calls
// the extension. The page's address comes from scripts/e2e.mjs.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, errors, type FrameLocator, type Locator, type Page } from 'playwright-core';

interface Settings {
  readonly address: string;
  /** The folder that the workbench has open; this process sees the same files. */
  readonly workspace: string;
  readonly screenshots: string;
  readonly browser: {
    readonly executablePath: string;
    readonly args: string[];
    readonly env: Record<string, string>;
  };
}

function readSettings(): Settings {
  const text = process.env.NANLENS_E2E;
  if (!text) throw new Error('NANLENS_E2E is not set: run this through node scripts/e2e.mjs');
  return JSON.parse(text) as Settings;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Milliseconds for anything on the screen to become what it should be; two cores are shared with an editor. */
const patience = 20_000;

export class Workbench {
  private constructor(
    private readonly settings: Settings,
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  static async open(): Promise<Workbench> {
    const settings = readSettings();
    const { executablePath, args, env } = settings.browser;
    const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const browser = await chromium.launch({ executablePath, args, env: { ...Object.fromEntries(inherited), ...env } });
    const page = await browser.newPage({ viewport: { width: 1360, height: 900 } });
    page.setDefaultTimeout(patience);
    const workbench = new Workbench(settings, browser, page);
    await page.goto(settings.address);
    await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor();
    return workbench;
  }

  /** Opens a .code-workspace file in place of the folder. `name` is its path in the folder. */
  async openWorkspaceFile(name: string): Promise<void> {
    const address = new URL(this.settings.address);
    address.searchParams.delete('folder');
    address.searchParams.set('workspace', path.join(this.settings.workspace, name));
    await this.page.goto(address.href);
    await this.page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor();
  }

  /** The rows of the view of findings. */
  findings(): Locator {
    return this.page.locator('[id="workbench.view.extension.nanlens"] .monaco-list-row');
  }

  /** A button in the title of the view of findings. */
  findingsButton(name: string): Locator {
    return this.page.locator('.part.sidebar').getByRole('button', { name });
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Keeps a picture of the window in the screenshots folder. */
  async screenshot(name: string): Promise<void> {
    // Away from what would show a tooltip.
    await this.page.mouse.move(640, 898);
    await this.page.screenshot({ path: this.screenshotPath(name) });
  }

  screenshotPath(name: string): string {
    return path.join(this.settings.screenshots, `${name}.png`);
  }

  /** Keeps a picture of how a test ended, which tells more than its error. */
  async screenshotOfEnd(test: string): Promise<void> {
    await this.screenshot(`end-of-${test.replace(/\W+/g, '-')}`);
  }

  // Files, as they lie on the disk.

  writeFile(name: string, text: string): void {
    const file = path.join(this.settings.workspace, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  readFile(name: string): string {
    return readFileSync(path.join(this.settings.workspace, name), 'utf8');
  }

  // Moving about.

  /** The text of one of the examples that lie in the workspace. */
  readExample(name: string): string {
    return this.readFile(path.join('examples', name));
  }

  private get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Runs a command through the command palette. `title` is as it stands there, "NaN Lens: …". */
  async runCommand(title: string): Promise<void> {
    const label = new RegExp(`^${escapeRegExp(title)}$`);
    const row = this.quickInput
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: this.page.locator('.quick-input-list-label .monaco-highlighted-label', { hasText: label }) });
    // The list is made when it is opened: commands of an extension that is being loaded are not in it yet.
    await this.pickAsItComes(title, 'F1', `>${title}`, row.first());
  }

  private async pickAsItComes(what: string, key: string, query: string, row: Locator): Promise<void> {
    await this.until(`${what} in the list`, async () => {
      await this.page.keyboard.press(key);
      await this.quickInput.locator('input').first().fill(query);
      // It may also go again while the list is made anew.
      if (await this.isDone(row.click({ timeout: 2500 }))) return true;
      await this.page.keyboard.press('Escape');
      return false;
    });
  }

  /** Opens a file of the workspace through quick open. `name` is its path in the workspace. */
  async openFile(name: string): Promise<void> {
    const base = path.posix.basename(name);
    const row = this.quickInput
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: this.page.locator('.monaco-icon-label-container', { hasText: base }) })
      .first();
    // The list is made once for what is typed, and may be older than a file written a moment ago.
    await this.pickAsItComes(name, 'Control+P', name, row);
    await this.tab(base).waitFor();
  }

  /** The tab of the active editor of that name. */
  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab.active', { hasText: name });
  }

  /** Closes menus, lists and all editors, saved or not, whatever a test has left open. */
  async tidyUp(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.page.keyboard.press('Escape');
    while (await this.page.locator('.tabs-container .tab').count()) {
      await this.runCommand('View: Revert and Close Editor');
      await this.page.waitForTimeout(200);
    }
  }

  // The text editor.

  /** The text editor in use. */
  get editor(): Locator {
    return this.page.locator('.editor-group-container.active .editor-instance .monaco-editor').first();
  }

  async focusEditor(): Promise<void> {
    await this.page.keyboard.press('Control+1');
    await this.editor.and(this.page.locator('.focused')).waitFor();
  }

  /** Puts the cursor at a 1-based line and column. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.editor.waitFor();
    // Where the text has not arrived yet, there is no line to go to.
    await this.until(`the cursor goes to line ${line}`, async () => {
      await this.page.keyboard.press('Control+G');
      await this.quickInput.locator('input').first().fill(`:${line}:${column}`);
      await this.page.keyboard.press('Enter');
      if (await this.disappears(this.quickInput)) return true;
      await this.page.keyboard.press('Escape');
      return false;
    });
    await this.waitForCursor(line, column);
  }

  /** Waits until the status bar shows the cursor on that 1-based line (and column). */
  async waitForCursor(line: number, column?: number): Promise<void> {
    const place = new RegExp(`^Ln ${line}, Col ${column ?? '\\d+'}( |$)`);
    await this.page.locator('.statusbar-item', { hasText: place }).waitFor();
  }

  /** Types, one key after another. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 15 });
  }

  /** Saves the file that is being edited and waits until that is done. */
  async save(): Promise<void> {
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tabs-container .tab.active.dirty').waitFor({ state: 'detached' });
  }

  /** True while the file in the active editor has changes that are not saved. */
  async isDirty(): Promise<boolean> {
    return (await this.page.locator('.tabs-container .tab.active.dirty').count()) > 0;
  }

  /** Types a path of the workspace into the workbench's own file dialog. */
  async answerPath(name: string): Promise<void> {
    const ok = this.quickInput.getByRole('button', { name: 'OK' });
    const row = this.quickInput.locator('.monaco-list-row', { hasText: path.posix.basename(name) }).first();
    // The dialog fills in a path of its own at first, and completes what is typed: either may come after ours.
    await this.until(`the file dialog has taken ${name}`, async () => {
      await ok.waitFor();
      await this.quickInput.locator('input').first().fill(path.posix.join(this.settings.workspace, name));
      if (!(await this.appears(row))) return false;
      await ok.click();
      return this.disappears(this.quickInput);
    });
  }

  /** Presses Tab until an element of the webview has the focus. */
  async tabTo(element: Locator): Promise<void> {
    for (let presses = 0; presses < 40; presses++) {
      if (await element.evaluate((node) => node === node.ownerDocument.activeElement)) return;
      await this.page.keyboard.press('Tab');
    }
    assert.fail('40 presses of Tab do not lead there');
  }

  /** Clicks a choice of the list that a command asks with. */
  async answer(choice: string | RegExp): Promise<void> {
    await this.quickInput.locator('.quick-input-list .monaco-list-row').filter({ hasText: choice }).first().click();
  }

  /** Types a choice into the list that a command asks with, and takes the first that is left. */
  async pickTyped(choice: string): Promise<void> {
    await this.quickInput.locator('input').first().fill(choice);
    const row = this.quickInput.locator('.quick-input-list .monaco-list-row', { hasText: choice }).first();
    await row.waitFor();
    await this.page.keyboard.press('Enter');
    await this.disappears(this.quickInput);
  }

  private appears(locator: Locator): Promise<boolean> {
    return this.isDone(locator.waitFor({ timeout: 2000 }));
  }

  private disappears(locator: Locator): Promise<boolean> {
    return this.isDone(locator.waitFor({ state: 'hidden', timeout: 2000 }));
  }

  /** False where the action ran into its timeout. */
  private async isDone(action: Promise<void>): Promise<boolean> {
    try {
      await action;
      return true;
    } catch (error) {
      if (error instanceof errors.TimeoutError) return false;
      throw error;
    }
  }

  /** The wavy underlines that are on the screen. */
  squiggles(severity: 'error' | 'warning' | 'info' | 'hint'): Locator {
    return this.editor.locator(`.view-overlays .squiggly-${severity}`);
  }

  /** Opens the light bulb's menu at the cursor by clicking on the bulb, and returns the titles in it. */
  async openLightBulb(): Promise<string[]> {
    const bulb = this.editor.locator(
      '.lightBulbWidget:visible, .codicon-gutter-lightbulb:visible, .codicon-gutter-lightbulb-auto-fix:visible',
    );
    await bulb.first().click();
    await this.codeActions.first().waitFor();
    return (await this.codeActions.locator('.title').allInnerTexts()).map((title) => title.trim());
  }

  /** The entries of an open code-action menu. */
  private get codeActions(): Locator {
    return this.page.locator('.action-widget .monaco-list-row.action');
  }

  /** Clicks an entry of the light bulb's menu, and opens the menu again where it has closed: fresh diagnostics close it. */
  async pickCodeAction(title: string | RegExp): Promise<void> {
    const entry = this.codeActions.filter({ hasText: title }).first();
    const end = Date.now() + patience;
    while (!(await this.isDone(entry.click({ timeout: 2000 })))) {
      assert.ok(Date.now() < end, `${title}: not in the light bulb's menu after ${patience} ms`);
      if (!(await this.codeActions.first().isVisible())) await this.isDone(this.openLightBulb().then(() => undefined));
    }
    await this.codeActions.first().waitFor({ state: 'detached' });
  }

  /** Shows the problems view and returns its rows' texts once one of them matches. */
  async problems(expected: RegExp): Promise<string[]> {
    await this.page.keyboard.press('Control+Shift+M');
    const rows = this.page.locator('.markers-panel .monaco-list-row');
    await rows.filter({ hasText: expected }).first().waitFor();
    return rows.allInnerTexts();
  }

  // Webviews.

  /** The content of the webview in use: VS Code nests the extension's page in two frames. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready:visible').frameLocator('iframe#active-frame');
  }

  /** The messages that VS Code shows in its lower corner. */
  notifications(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item-message');
  }

  /** Polls until `probe` holds. */
  async until(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + patience;
    while (!(await probe())) {
      assert.ok(Date.now() < end, `${what}: not so after ${patience} ms`);
      await this.page.waitForTimeout(100);
    }
  }
}
