import { expect, test } from 'vitest';
import { proofOf } from '../../../src/admin/access/auth.ts';
import {
  CODE_MS,
  CODES_MAX,
  createSessions,
  SESSION_MS,
  SESSIONS_MAX,
  SESSIONS_PER_TOKEN_MAX,
} from '../../../src/admin/sessions/sessions.ts';

/** Sessions under a clock that the test moves. */
function sessionsAt() {
  const clock = { nowMs: 1_000 };
  return { clock, sessions: createSessions(() => clock.nowMs) };
}

test('a session is that of its token until its time is over', () => {
  const { clock, sessions } = sessionsAt();
  const { id, endMs } = sessions.begin(proofOf('secret'));
  expect(endMs).toBe(1_000 + SESSION_MS);
  clock.nowMs = endMs - 1;
  expect(sessions.find(id)).toEqual(proofOf('secret'));
  clock.nowMs = endMs;
  expect(sessions.find(id)).toBeUndefined();
  expect(sessions.find('another')).toBeUndefined();
});

test('an ended session is none', () => {
  const { sessions } = sessionsAt();
  const { id } = sessions.begin(proofOf('secret'));
  sessions.end(id);
  expect(sessions.find(id)).toBeUndefined();
});

test('one session more than a token may have replaces its oldest, and none of another token', () => {
  const { sessions } = sessionsAt();
  const other = sessions.begin(proofOf('other'));
  const own = Array.from({ length: SESSIONS_PER_TOKEN_MAX }, () => sessions.begin(proofOf('secret')));
  expect(sessions.find(own[0]!.id)).toBeDefined();
  sessions.begin(proofOf('secret'));
  expect(sessions.find(own[0]!.id)).toBeUndefined();
  expect(sessions.find(own[1]!.id)).toBeDefined();
  expect(sessions.find(other.id)).toBeDefined();
});

test('one session more than there may be replaces the oldest', () => {
  const { sessions } = sessionsAt();
  const all = Array.from({ length: SESSIONS_MAX }, (_, at) => sessions.begin(proofOf(`secret ${at}`)));
  expect(sessions.find(all[0]!.id)).toBeDefined();
  sessions.begin(proofOf('one more'));
  expect(sessions.find(all[0]!.id)).toBeUndefined();
  expect(sessions.find(all[1]!.id)).toBeDefined();
});

test('a code works once, and soon', () => {
  const { clock, sessions } = sessionsAt();
  const code = sessions.makeCode(proofOf('secret'));
  expect(sessions.takeCode(code)).toEqual(proofOf('secret'));
  expect(sessions.takeCode(code)).toBeUndefined();
  const late = sessions.makeCode(proofOf('secret'));
  clock.nowMs += CODE_MS;
  expect(sessions.takeCode(late)).toBeUndefined();
});

test('one code more than there may be replaces the oldest', () => {
  const { sessions } = sessionsAt();
  const codes = Array.from({ length: CODES_MAX + 1 }, () => sessions.makeCode(proofOf('secret')));
  expect(sessions.takeCode(codes[0]!)).toBeUndefined();
  expect(sessions.takeCode(codes[1]!)).toBeDefined();
});
