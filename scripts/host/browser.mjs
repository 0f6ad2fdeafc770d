// Opens the workbench's page in headless Chromium.
import { chromium } from 'playwright-core';
import { ensureBrowser } from '../setup/browser.mjs';

/** Flags that keep Chromium quiet and within a container: no sandbox of its own, no calls home. */
export const browserArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** @returns {Promise<import('playwright-core').Browser>} */
export async function launchBrowser() {
  const { executable, env } = await ensureBrowser();
  return chromium.launch({ executablePath: executable, args: browserArgs, env: { ...process.env, ...env } });
}
