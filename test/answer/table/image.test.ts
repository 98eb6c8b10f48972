import { describe, expect, test } from 'vitest';
import {
  ANSWER_OCTETS_MAX,
  type Answer,
  answerImage,
  WEIGHTS_MAX,
} from '../../../src/answer/compile/image.ts';
import { AnswerField, additionalCount, Section, Selection } from '../../../src/answer/layout.ts';
import { OPT_OCTETS } from '../../../src/dns/edns.ts';
import { HEADER_OCTETS, MESSAGE_OCTETS_MAX } from '../../../src/dns/header.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { POOL_RECORDS_MAX } from '../../../src/zone/pool-rrsets.ts';

const owner = parseName('www.example.org');
const HEAD_OCTETS = 12;
/** An answer of one record that takes so many octets. */
const answerOf = (octets: number, section: Section = Section.ANSWER): Answer['sets'][number] => ({
  section,
  rrset: { owner, type: Type.TXT, ttlSeconds: 1, rdata: [new Uint8Array(octets - HEAD_OCTETS)] },
});
const fixed = (...sets: Answer['sets'][number][]): Answer => ({ sets, selection: Selection.FIXED });

describe('how long an answer may be', () => {
  test('the longest answer fits a message with the longest question and OPT', () => {
    expect(ANSWER_OCTETS_MAX + HEADER_OCTETS + 255 + 4 + OPT_OCTETS).toBeLessThanOrEqual(MESSAGE_OCTETS_MAX);
    const image = answerImage(owner, fixed(answerOf(ANSWER_OCTETS_MAX)));
    expect(image[AnswerField.OCTETS]).toBe(ANSWER_OCTETS_MAX);
  });
  test('one octet more is refused', () => {
    expect(() => answerImage(owner, fixed(answerOf(ANSWER_OCTETS_MAX + 1)))).toThrow(RangeError);
    expect(() =>
      answerImage(owner, fixed(answerOf(ANSWER_OCTETS_MAX), answerOf(20, Section.AUTHORITY))),
    ).toThrow(RangeError);
  });
  test('additional sets that do not fit stay, and an answer has as many as fit (RFC 2181 §9)', () => {
    const sets = [answerOf(ANSWER_OCTETS_MAX - 100), answerOf(100, Section.ADDITIONAL)];
    const whole = answerImage(owner, fixed(...sets));
    expect(additionalCount(whole[AnswerField.COUNTS]!)).toBe(1);
    expect(whole[AnswerField.SELECTION]).toBe(Selection.FIXED);
    const image = answerImage(owner, fixed(...sets, answerOf(20, Section.ADDITIONAL)));
    expect(image[AnswerField.SELECTION]).toBe(Selection.WINDOW);
    expect(image[AnswerField.OCTETS]).toBe(ANSWER_OCTETS_MAX + 20);
    expect(image[AnswerField.RRSETS]).toBe(3);
  });
});

describe('weights', () => {
  const picked = (weights: readonly number[]): Answer => ({
    sets: [
      {
        section: Section.ANSWER,
        rrset: { owner, type: Type.A, ttlSeconds: 1, rdata: weights.map(() => new Uint8Array(4)) },
      },
    ],
    selection: Selection.PICK,
    weights,
  });
  test('the weights of the largest pool stay within the bound', () => {
    expect(POOL_RECORDS_MAX * 100).toBeLessThanOrEqual(WEIGHTS_MAX);
  });
  test('a sum of weights at the bound is accepted, and one more is refused', () => {
    expect(answerImage(owner, picked([1, WEIGHTS_MAX - 1]))[AnswerField.WEIGHT]).toBe(WEIGHTS_MAX);
    expect(() => answerImage(owner, picked([1, WEIGHTS_MAX]))).toThrow(RangeError);
  });
});
