// One workbench for the tests of a file: opened before them, tidied up and photographed after each, closed in the end.
import { after, afterEach, before } from 'node:test';
import { Workbench } from './workbench';

/** Hooks for the file that calls it; `take` is given the workbench before the first test. */
export function useWorkbench(take: (workbench: Workbench) => void): void {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open();
    take(workbench);
  });
  after(async () => {
    await workbench.close();
  });
  afterEach(async (context) => {
    if ('name' in context) await workbench.screenshotOfEnd(context.name);
    await workbench.tidyUp();
  });
}
