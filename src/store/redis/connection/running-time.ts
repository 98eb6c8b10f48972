/** Parts of a wait. */
const STEPS = 10;

/**
 * Calls back after so many milliseconds in which this process ran; what it returns ends the wait. However long the process
 * was held up meanwhile, that counts as one tenth at most: answers that came in that time are read before anything is too late.
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
