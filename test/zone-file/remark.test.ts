import { describe, expect, test } from 'vitest';
import { formatRemark, parseRemark, type Remark } from '../../src/zone-file/remark.ts';
import fc, { anyText } from '../support/property.ts';

describe('comments and tags as the reference exports them', () => {
  test.each<{ readonly text: string; readonly remark: Remark }>([
    { text: '', remark: { tags: [] } },
    { text: 'just a comment', remark: { comment: 'just a comment', tags: [] } },
    { text: 'cf_tags=awesome', remark: { tags: ['awesome'] } },
    { text: 'cf_tags=a,b:c', remark: { tags: ['a', 'b:c'] } },
    { text: 'cf_tags=a:"x, \\"y\\"",b', remark: { tags: ['a:x, "y"', 'b'] } },
    { text: 'cf_tags=a:"",b:,c', remark: { tags: ['a', 'b', 'c'] } },
    { text: 'a comment cf_tags=a', remark: { comment: 'a comment', tags: ['a'] } },
    { text: 'has cf_tags= in it cf_tags=', remark: { comment: 'has cf_tags= in it', tags: [] } },
    { text: 'cf_tags=x cf_tags=y', remark: { comment: 'cf_tags=x', tags: ['y'] } },
    { text: 'cf_tags=cf-proxied:true', remark: { tags: [], isProxied: true } },
    { text: 'cf_tags=a,cf-proxied:false', remark: { tags: ['a'], isProxied: false } },
    { text: 'cf_tags=test:1,cf-flatten-cname', remark: { tags: ['test:1'], isFlattened: true } },
    { text: 'cf_tags=lg-ttl:auto', remark: { tags: [], ttl: 'auto' } },
    { text: 'cf_tags=lg-ttl:0', remark: { tags: [], ttl: 0 } },
    { text: 'cf_tags=lg-ttl:2147483648', remark: { tags: ['lg-ttl:2147483648'] } },
    { text: 'x cf_tags=a b', remark: { comment: 'x cf_tags=a b', tags: [] } },
    { text: 'x cf_tags=a:"b', remark: { comment: 'x cf_tags=a:"b', tags: [] } },
    { text: 'a\\010b \\\\ \\x', remark: { comment: 'a\nb \\\\ \\x', tags: [] } },
  ])('$text', ({ text, remark }) => expect(parseRemark(text)).toEqual(remark));
});

test('what is formatted is on one line, and read back as it was', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/).filter((each) => !/^(cf|lg)-/.test(each)),
    anyText(8).filter((each) => each !== '' && !each.includes(':')),
  );
  const tag = fc.oneof(
    name,
    fc
      .tuple(
        name,
        anyText(8).filter((value) => value !== ''),
      )
      .map((parts) => parts.join(':')),
  );
  const comment = fc.oneof(
    anyText(20),
    fc.constantFrom(' a ', 'cf_tags=', 'x cf_tags=a', '\\010', '\\', 'a\nb A 192.0.2.1', '  ', '\\\\092'),
  );
  const remark: fc.Arbitrary<Remark> = fc.record(
    {
      comment: comment.filter((each) => each !== ''),
      tags: fc.array(tag, { maxLength: 4 }),
      isProxied: fc.boolean(),
      isFlattened: fc.constant(true as const),
      ttl: fc.oneof(fc.constant('auto' as const), fc.nat(2 ** 31 - 1)),
    },
    { requiredKeys: ['tags'] },
  );
  fc.assert(
    fc.property(remark, (said) => {
      const text = formatRemark(said);
      expect(text).not.toMatch(/[\n\r]/);
      expect(text).toBe(text.trim());
      expect(parseRemark(text)).toEqual(said);
    }),
  );
});
