import { expect, test } from 'vitest';
import { type AddressAnswer, addressAnswer } from '../../src/dns/address-answer.ts';
import type { FullResponse } from '../../src/dns/codec.ts';
import { Type } from '../../src/dns/type.ts';

const NAME = 'a.example.org';
const record = (owner: string, type: number, rdata: string, ttlSeconds = 60) => ({
  owner,
  type,
  rdata,
  ttlSeconds,
});
const a = (owner: string, ttlSeconds = 60) => record(owner, Type.A, '192.0.2.1', ttlSeconds);
const alias = (owner: string, to: string, ttlSeconds = 60) => record(owner, Type.CNAME, to, ttlSeconds);
const found = (ttl: number): AddressAnswer => ({
  kind: 'addresses',
  records: [{ address: '192.0.2.1', ttl }],
});
const noData: AddressAnswer = { kind: 'no data' };
const unknown: AddressAnswer = { kind: 'unknown name' };
const nothing = (code: string): AddressAnswer => ({ kind: 'nothing', code });

test.each<{ rule: string; response: Partial<FullResponse>; says: AddressAnswer }>([
  { rule: 'a record', response: { records: [a(NAME, 30)] }, says: found(30) },
  {
    rule: 'records of other owners and types are ignored (RFC 5452 §6)',
    response: { records: [a('b.example.org'), record(NAME, Type.AAAA, '2001:db8::1')], isRecursive: true },
    says: noData,
  },
  {
    rule: 'an alias in any order, and the shortest TTL (RFC 1034 §3.6.2)',
    response: {
      records: [a('c.example', 90), alias('b.example', 'C.example', 20), alias(NAME, 'b.example', 40)],
    },
    says: found(20),
  },
  {
    rule: 'a loop of aliases ends, as NODATA of a server that recurses',
    response: { records: [alias(NAME, 'b.example'), alias('b.example', NAME)], isRecursive: true },
    says: noData,
  },
  {
    rule: 'NODATA of type 1 or 2: SOA in the authority section (RFC 2308 §2.2)',
    response: { authorityTypes: [Type.SOA] },
    says: noData,
  },
  { rule: 'NODATA with NS (type 1)', response: { authorityTypes: [Type.NS, Type.SOA] }, says: noData },
  {
    rule: 'NODATA of type 3, from a server that has the zone',
    response: { isAuthoritative: true },
    says: noData,
  },
  { rule: 'NODATA of type 3, from a recursive server', response: { isRecursive: true }, says: noData },
  {
    rule: 'an alias to a name without addresses, from a server that recurses',
    response: { records: [alias(NAME, 'b.example')], isRecursive: true },
    says: noData,
  },
  {
    rule: 'an alias into a zone of other servers (RFC 2181 §6.1)',
    response: { records: [alias(NAME, 'b.example')], isAuthoritative: true },
    says: nothing('ELAME'),
  },
  {
    rule: 'a referral (RFC 1034 §4.3.2)',
    response: { authorityTypes: [Type.NS] },
    says: nothing('EREFERRAL'),
  },
  {
    rule: 'a referral of a server that would recurse (RFC 2308 §2.2)',
    response: { authorityTypes: [Type.NS], isRecursive: true },
    says: nothing('EREFERRAL'),
  },
  { rule: 'an empty reply of a lame server', response: {}, says: nothing('ELAME') },
  { rule: 'NXDOMAIN (RFC 2308 §2.1)', response: { rcode: 3 }, says: unknown },
  {
    rule: 'NXDOMAIN of the target of an alias',
    response: { rcode: 3, records: [alias(NAME, 'b.example')] },
    says: unknown,
  },
  { rule: 'FORMERR', response: { rcode: 1 }, says: nothing('EFORMERR') },
  { rule: 'SERVFAIL', response: { rcode: 2 }, says: nothing('ESERVFAIL') },
  { rule: 'NOTIMP', response: { rcode: 4 }, says: nothing('ENOTIMP') },
  { rule: 'REFUSED', response: { rcode: 5 }, says: nothing('EREFUSED') },
  { rule: 'NOTAUTH (RFC 2136 §2.2)', response: { rcode: 9 }, says: nothing('ENOTAUTH') },
  { rule: 'an unassigned rcode', response: { rcode: 15 }, says: nothing('ERCODE15') },
  {
    rule: 'a failure with a record is a failure',
    response: { rcode: 9, records: [a(NAME)] },
    says: nothing('ENOTAUTH'),
  },
])('$rule', ({ response, says }) => {
  const empty = { rcode: 0, isAuthoritative: false, isRecursive: false, records: [], authorityTypes: [] };
  expect(addressAnswer({ ...empty, name: NAME, ...response }, Type.A)).toEqual(says);
});

test.each([0, 3])('without the question, rcode %i is not an answer (RFC 5452 §9.1)', (rcode) => {
  const records = [a(NAME)];
  const response = { rcode, isAuthoritative: true, isRecursive: true, records, authorityTypes: [] };
  expect(addressAnswer(response, Type.A)).toEqual(nothing('EBADRESP'));
});
