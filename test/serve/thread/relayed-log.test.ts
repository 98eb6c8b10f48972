import { expect, test, vi } from 'vitest';
import { type RelayedLine, relayLog, writeRelayed } from '../../../src/serve/thread/relayed-log.ts';

/** A log whose lines go through a structured clone, as between threads. */
function relayed() {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const post = (line: RelayedLine) => writeRelayed(log, structuredClone(line));
  return { log, relay: relayLog(post) };
}

test.each(['info', 'warn', 'error'] as const)('a line of level %s arrives as it was written', (level) => {
  const { log, relay } = relayed();
  const fields = { cert: 'cert.pem', certificateEnds: new Date('2099-01-01T00:00:00Z'), unsaid: 3 };
  relay[level](fields, 'a line');
  expect(log[level]).toHaveBeenCalledExactlyOnceWith(fields, 'a line');
});

test('an error keeps its message, its stack and its code', () => {
  const { log, relay } = relayed();
  const err = Object.assign(new Error('no such file'), { code: 'ENOENT', path: 'key.pem' });
  relay.error({ err, cert: 'cert.pem' }, 'a line');
  const [{ err: seen, cert }] = log.error.mock.calls[0]!;
  expect(seen).toBeInstanceOf(Error);
  expect(cert).toBe('cert.pem');
  expect({ ...seen, message: seen.message, stack: seen.stack }).toEqual({
    code: 'ENOENT',
    path: 'key.pem',
    message: 'no such file',
    stack: err.stack,
  });
});
