import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import { createLogger, type LoggerOptions, REDACTED } from '../../src/telemetry/log.ts';

function lines(options: Omit<LoggerOptions, 'destination'>) {
  const written: string[] = [];
  const log = createLogger({ ...options, destination: { write: (line) => written.push(line) } });
  return { log, read: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a line is JSON with level, time, process and name', () => {
  const { log, read } = lines({ level: 'info', name: 'serve' });
  log.info({ pool: 'web', was: 'healthy', now: 'unhealthy' }, 'The health of an endpoint changed.');
  expect(read()).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: process.pid,
      name: 'serve',
      pool: 'web',
      was: 'healthy',
      now: 'unhealthy',
      msg: 'The health of an endpoint changed.',
    },
  ]);
});

test.each([
  { level: 'warn', written: ['warn', 'error'] },
  { level: 'silent', written: [] },
  { level: 'trace', written: ['debug', 'info', 'warn', 'error'] },
] as const)('level $level writes $written', ({ level, written }) => {
  const { log, read } = lines({ level });
  for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('line');
  expect(read().map((line) => line.level)).toEqual(written);
});

test('an error keeps its type, message, stack and cause', () => {
  const { log, read } = lines({ level: 'info' });
  log.error({ err: new TypeError('cannot bind', { cause: new Error('port taken') }) }, 'stopped');
  expect(read()[0]?.err).toMatchObject({
    type: 'TypeError',
    message: 'cannot bind: port taken',
    stack: expect.stringContaining('caused by: Error: port taken'),
  });
});

test('for a store that is away only the message is logged', () => {
  const { log, read } = lines({ level: 'info' });
  const cause = new Error('connect ECONNREFUSED 192.0.2.1:6379');
  log.warn({ err: new StoreUnavailable('the store is away', { cause }) }, 'waiting');
  expect(read()[0]?.err).toEqual({
    type: 'StoreUnavailable',
    message: 'the store is away: connect ECONNREFUSED 192.0.2.1:6379',
  });
});

describe('secrets', () => {
  const secret = 'do-not-write-me';

  test.each([
    { at: 'the top', fields: { token: secret, password: secret, authorization: secret, redisUrl: secret } },
    { at: 'depth 1', fields: { headers: { Authorization: [secret], cookie: secret } } },
    { at: 'depth 2', fields: { req: { headers: { 'x-auth-key': secret, authorization: secret } } } },
    { at: 'depth 3', fields: { monitor: { value: { header: { 'X-Auth-Key': [secret] } } } } },
  ])('secrets at $at are replaced', ({ fields }) => {
    const { log, read } = lines({ level: 'info' });
    log.info(fields, 'line');
    log.child(fields).info('line of a child');
    expect(JSON.stringify(read())).not.toContain(secret);
    expect(JSON.stringify(read())).toContain(REDACTED);
  });
});

test('lines go to standard error, and are written even if the process exits at once', () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('../../src/telemetry/log.ts', import.meta.url).href)};
    createLogger({ level: 'info' }).info('last words');
    process.exit(3);`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  expect(JSON.parse(stderr)).toMatchObject({ level: 'info', msg: 'last words' });
});
