import { expect, test } from 'vitest';
import { createNameHistory } from './name-history.ts';

test.each([
  { answer: 'a', sent: 50, received: 60, allowed: true, why: 'nothing was written yet' },
  { answer: 'b', sent: 50, received: 60, allowed: false, why: 'it was written later' },
  {
    answer: 'b',
    sent: 95,
    received: 101,
    allowed: true,
    why: 'the write may be in force before it is acknowledged',
  },
  { answer: 'a', sent: 120, received: 121, allowed: true, why: 'followers have time until lateMs' },
  {
    answer: 'a',
    sent: 161,
    received: 162,
    allowed: false,
    why: 'the other was acknowledged earlier than lateMs before',
  },
  { answer: 'c', sent: 250, received: 260, allowed: true, why: 'its outcome is unknown' },
  { answer: 'b', sent: 950, received: 960, allowed: true, why: 'its replacement is unknown' },
  { answer: 'a', sent: 950, received: 960, allowed: false, why: 'long replaced' },
  { answer: 'd', sent: 950, received: 960, allowed: false, why: 'never written' },
])(
  'answer $answer asked at $sent, received at $received: allowed $allowed, since $why',
  ({ answer, sent, received, allowed }) => {
    let nowMs = 100;
    const history = createNameHistory('x', 'a', () => nowMs);
    const acked = history.write('b');
    nowMs = 110;
    acked();
    nowMs = 200;
    history.write('c');
    expect(history.allows(answer, sent, received, 50)).toBe(allowed);
    expect(history.current).toBe('b');
  },
);
