// How long the processor has worked for this process: unlike the clock, it does not count what else the machine is busy with.

/** Starts counting, and gives a function that tells the milliseconds since, of work for the program and for the system. */
export function processorTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
