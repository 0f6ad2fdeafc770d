// Where the page starts: joins the document to the extension and keeps its place while hidden.

import './viewer.css';
import './viewer';
import { Channel } from '../protocol/channel';
import type { HostMethods, PageMethods } from '../protocol/messages';
import { describePage } from './describe';
import { PageContext, type StateStore } from './page-context';
import type { ViewerElement } from './viewer';

/** What VS Code gives a webview to talk with. */
interface VsCodeApi extends StateStore {
  postMessage(message: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const viewer = document.createElement('nanlens-viewer') as ViewerElement;

const host = new Channel<HostMethods, PageMethods>({
  post: (message) => vscode.postMessage(message),
  handlers: {
    show: (state) => {
      viewer.show(state);
      return null;
    },
    describe: async () => {
      await settled();
      return describePage(document, viewer.shown);
    },
    pressGoToLine: () => viewer.pressGoToLine(),
    pressApplyFix: () => viewer.pressApplyFix(),
  },
});
const context = new PageContext(host, vscode);
viewer.context = context;

addEventListener('message', (event: MessageEvent<unknown>) => host.receive(event.data));

let scrollTimer: ReturnType<typeof setTimeout> | undefined;
addEventListener(
  'scroll',
  () => {
    clearTimeout(scrollTimer);
    scrollTimer = setTimeout(() => context.remember({ scroll: window.scrollY }), 150);
  },
  { passive: true },
);

document.body.append(viewer);
void viewer.connect();

/** Two rounds: one for the page's own rendering, one for the charts that are measured after it. */
async function settled(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await viewer.updateComplete;
    // A page in the background gets no animation frames.
    await new Promise<void>((resolve) => setTimeout(resolve, 30));
  }
}
