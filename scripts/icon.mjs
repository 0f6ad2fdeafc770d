// Draws docs/images/icon.svg as the PNG that the gallery wants, media/icon.png: node scripts/icon.mjs
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.mjs';
import { launchBrowser } from './host/browser.mjs';
import { runMain } from './setup/report.mjs';

const size = 256;

await runMain(async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(
      `<body style="margin:0">${readFileSync(path.join(root, 'docs/images/icon.svg'), 'utf8')}</body>`,
    );
    await page.screenshot({ path: path.join(root, 'media/icon.png'), omitBackground: true });
  } finally {
    await browser.close();
  }
});
