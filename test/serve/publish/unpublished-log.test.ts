import { expect, test } from 'vitest';
import { createUnpublishedLog, UNPUBLISHED_LOGGED_MAX } from '../../../src/serve/publish/unpublished-log.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { REPEAT_MS } from '../../../src/telemetry/repeats.ts';

function logged() {
  const lines: { msg: string; unsaid?: number }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  let nowMs = 0;
  const unpublished = createUnpublishedLog(createLogger({ level: 'info', destination }), () => nowMs);
  const at = (ms: number) => {
    nowMs = ms;
    return unpublished;
  };
  return { at, lines, said: () => lines.splice(0).map(({ msg, unsaid }) => [msg, unsaid]) };
}

test('a pool whose answer cannot be updated is logged once a minute, and when it is updated again', () => {
  const { at, said } = logged();
  const failed = 'Cannot update the answer of pool "web". The previous answer stays.';
  at(0).updated('web');
  for (const ms of [0, 1_000, REPEAT_MS - 1]) at(ms).failed('web', new Error('full'));
  expect(said()).toEqual([[failed, 0]]);
  at(REPEAT_MS).failed('web', new Error('full'));
  at(REPEAT_MS + 2_000).updated('other');
  at(REPEAT_MS + 2_000).updated('web');
  expect(said()).toEqual([
    [failed, 2],
    ['The answer of pool "web" is updated again, after 62 s.', undefined],
  ]);
  at(REPEAT_MS + 3_000).failed('web', new Error('full'));
  expect(said()).toEqual([[failed, 0]]);
});

test('at most UNPUBLISHED_LOGGED_MAX pools are logged by name, and one line stands for the others', () => {
  const { at, lines } = logged();
  for (let i = 0; i < UNPUBLISHED_LOGGED_MAX + 5; i += 1) at(0).failed(`web${i}`, new Error('full'));
  expect(lines).toHaveLength(UNPUBLISHED_LOGGED_MAX + 1);
});
