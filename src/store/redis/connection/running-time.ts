/** Parts of a wait. */
const STEPS = 10;

/**
 * Calls back after `ms` milliseconds in which this process ran. Call the returned function to end the wait. A pause of
 * the process counts as one tenth of `ms` at most, so answers that came during the pause are read in time.
 */
export function afterRunning(ms: number, done: () => void): () => void {
  let left = STEPS;
  const step = () => {
    left -= 1;
    if (left === 0) done();
    else timer = setTimeout(step, ms / STEPS);
  };
  let timer = setTimeout(step, ms / STEPS);
  return () => clearTimeout(timer);
}
