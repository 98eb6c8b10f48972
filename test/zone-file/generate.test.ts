import { describe, expect, test } from 'vitest';
import {
  GENERATED_DIGITS_MAX,
  GENERATED_MAX,
  parseGenerateRange,
  parseTemplate,
} from '../../src/zone-file/generate.ts';

describe('a range', () => {
  test.each([
    { text: '1-3', range: { first: 1, last: 3, step: 1 } },
    { text: '0-0', range: { first: 0, last: 0, step: 1 } },
    { text: '10-20/5', range: { first: 10, last: 20, step: 5 } },
    { text: `1-${GENERATED_MAX}`, range: { first: 1, last: GENERATED_MAX, step: 1 } },
    { text: `0-${GENERATED_MAX}/2`, range: { first: 0, last: GENERATED_MAX, step: 2 } },
  ])('$text', ({ text, range }) => expect(parseGenerateRange(text)).toEqual(range));

  test.each([
    { text: '3', message: 'is not a range such as 1-10 or 0-100/2' },
    { text: '1-', message: 'is not a range such as 1-10 or 0-100/2' },
    { text: '-1-3', message: 'is not a range such as 1-10 or 0-100/2' },
    { text: '3-1', message: 'is a range that ends before it begins' },
    { text: '1-3/0', message: 'is a range with the step 0' },
    { text: '1-2147483648/2147483647', message: 'is a range beyond 2147483647' },
    { text: `0-${GENERATED_MAX}`, message: `makes ${GENERATED_MAX + 1} records; ${GENERATED_MAX} at most` },
  ])('$text $message', ({ text, message }) => expect(() => parseGenerateRange(text)).toThrow(message));
});

describe('a template', () => {
  test.each([
    { template: 'h$', number: 7, text: 'h7' },
    { template: '$.$', number: 7, text: '7.7' },
    { template: '\\$', number: 7, text: '\\$' },
    { template: '$$x', number: 7, text: '\\$x' },
    { template: `\${0}`, number: 7, text: '7' },
    { template: `\${-3}`, number: 7, text: '4' },
    { template: `\${+3,4}`, number: 7, text: '0010' },
    { template: `\${0,3,d}`, number: 7, text: '007' },
    { template: `\${0,0,o}`, number: 8, text: '10' },
    { template: `\${0,4,x}`, number: 171, text: '00ab' },
    { template: `\${0,0,X}`, number: 171, text: 'AB' },
    { template: `\${0,0,n}`, number: 0x1a2, text: '2.a.1' },
    { template: `\${0,7,N}`, number: 0xa2, text: '2.A.0.0' },
    { template: `\${0,8,n}`, number: 0x1a2, text: '2.a.1.0.' },
    { template: 'a\\\\$', number: 1, text: 'a\\\\1' },
  ])('$template of $number', ({ template, number, text }) => {
    expect(parseTemplate(template)(number)).toBe(text);
  });

  test.each([
    { template: `\${`, message: `has \${; it must be \${offset,width,base}` },
    { template: `\${1`, message: `has \${1; it must be \${offset,width,base}` },
    { template: `\${x}`, message: `has \${x}; it must be \${offset,width,base}` },
    { template: `\${0,1,q}`, message: `has \${0,1,q}; it must be` },
    { template: `\${0,${GENERATED_DIGITS_MAX + 1}}`, message: `has a width of ${GENERATED_DIGITS_MAX + 1}` },
    { template: `\${2147483648}`, message: 'adds 2147483648; 2147483647 at most' },
  ])('$template: $message', ({ template, message }) => {
    expect(() => parseTemplate(template)).toThrow(message);
  });

  test('a number does not become negative', () => {
    expect(() => parseTemplate(`\${-8}`)(7)).toThrow('makes the negative number -1');
    expect(parseTemplate(`\${-7}`)(7)).toBe('0');
  });
});
