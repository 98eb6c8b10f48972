import { expect, test } from 'vitest';
import { EXPECTED_CODES_MAX, matches, parseExpectedCodes } from '../../src/check/expected-codes.ts';

test.each([
  { text: '200', yes: [200], no: [199, 201, 100, 599] },
  { text: '2xx', yes: [200, 204, 299], no: [199, 300] },
  { text: '2XX', yes: [200, 299], no: [300] },
  { text: '200,3xx', yes: [200, 300, 399], no: [201, 400] },
  { text: ' 401 , 403 ', yes: [401, 403], no: [402, 200] },
  { text: '1xx,5xx', yes: [100, 199, 500, 599], no: [200, 499] },
])('$text accepts $yes and not $no', ({ text, yes, no }) => {
  const codes = parseExpectedCodes(text)!;
  expect(yes.filter((status) => !matches(codes, status))).toEqual([]);
  expect(no.filter((status) => matches(codes, status))).toEqual([]);
});

test.each([
  '',
  ' ',
  ',',
  '200,',
  '20',
  '2000',
  '20x',
  'xxx',
  '099',
  '600',
  '6xx',
  '0xx',
  '-200',
  '200-299',
  '2x0',
  'ok',
])('"%s" is refused', (text) => expect(parseExpectedCodes(text)).toBeUndefined());

test('a list of expected codes has at most EXPECTED_CODES_MAX entries', () => {
  expect(parseExpectedCodes(Array(EXPECTED_CODES_MAX).fill('200').join(','))).toHaveLength(
    EXPECTED_CODES_MAX,
  );
  expect(
    parseExpectedCodes(
      Array(EXPECTED_CODES_MAX + 1)
        .fill('200')
        .join(','),
    ),
  ).toBeUndefined();
});
