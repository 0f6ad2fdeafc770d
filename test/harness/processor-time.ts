// How long the processor has worked for this process: unlike the clock, it does not count what else the machine is busy with.

/** Starts counting, and gives a function that tells the milliseconds of work since, that of the system left out. */
export function processorTime(): () => number {
  const before = process.cpuUsage();
  return () => process.cpuUsage(before).user / 1000;
}
