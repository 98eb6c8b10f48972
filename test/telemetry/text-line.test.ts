import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import { createLogger, type Logger } from '../../src/telemetry/log.ts';
import { textLine } from '../../src/telemetry/text-line.ts';

function written(write: (log: Logger) => void): string {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  write(createLogger({ level: 'info', format: 'text', destination }));
  return text;
}

test('a line is the time, the level, the text, and the other fields', () => {
  expect(
    written((log) => log.warn({ pool: 'web', count: 2, regions: ['WEU'], why: 'no "result"' }, 'It is so.')),
  ).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARN {2}It is so\. pool=web count=2 regions=\["WEU"\] why="no \\"result\\""\n$/,
  );
});

test('the name of an object is among the fields', () => {
  expect(written((log) => log.info({ name: 'web', by: 'ci' }, 'pool changed'))).toMatch(
    / INFO {2}pool changed name=web by=ci\n$/,
  );
});

test('an error is below its line, a fault with its stack', () => {
  const text = written((log) => log.error({ err: new TypeError('bad') }, 'It failed.'));
  expect(text).toMatch(/ ERROR It failed\.\n {4}TypeError: bad\n {4}at /);
  expect(written((log) => log.warn({ err: new StoreUnavailable('away') }, 'Waiting.'))).toMatch(
    / WARN {2}Waiting\.\n {4}StoreUnavailable: away\n$/,
  );
});

test('no text of others moves the cursor, or begins another line', () => {
  const text = written((log) => log.info({ name2: 'a\nb\u001b[2J', a: 'x=y' }, 'one\ntwo\u0007\u202e'));
  expect(text.match(/\n/g)).toHaveLength(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(text).toContain('a="x=y"');
});

test('a line that is no JSON stays as it is', () => {
  expect(textLine('not JSON\n')).toBe('not JSON\n');
});
