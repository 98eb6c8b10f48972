import { vi } from 'vitest';

/** Longest wait for what a test does not say more of. Vitest's own second is over soon on a machine that is busy. */
const WAIT_MS = 20_000;

const { waitFor, waitUntil } = vi;
type Options = Parameters<typeof waitFor>[1];

const patient = (options: Options): Options =>
  typeof options === 'number' ? options : { timeout: WAIT_MS, ...options };

// Files that share a process share `vi` as well.
if (waitFor.name !== 'patientWaitFor') {
  vi.waitFor = function patientWaitFor(callback, options) {
    return waitFor(callback, patient(options));
  };
  vi.waitUntil = function patientWaitUntil(callback, options) {
    return waitUntil(callback, patient(options));
  };
}
