import { describe, expect, test } from 'vitest';
import { NS, problemsOf, setsOf, zoneFile, zonesOf } from '../../config/loading.ts';

const dname = (name: string, value = 'example.net') => `{ name: "${name}", type: DNAME, value: ${value} }`;
const txt = (name: string) => `{ name: "${name}", type: TXT, value: a }`;

describe('a DNAME (RFC 6672)', () => {
  test.each([
    {
      rule: '§2.3: beside other types',
      records: [dname('d'), txt('d'), '{ name: d, type: A, value: 192.0.2.1 }'],
    },
    { rule: 'beside a name that only ends like it', records: [dname('d'), txt('xd')] },
    { rule: 'below a pool', records: [dname('x.web.p')] },
    {
      rule: '§2.4: beside a CNAME',
      records: [dname('d'), '{ name: d, type: CNAME, value: example.net }'],
      problem: 'd.example.org. has DNAME as well',
    },
    {
      rule: '§2.4: two at a name',
      records: ['{ name: d, type: DNAME, value: [a.example.net, b.example.net] }'],
      problem: 'd.example.org. has a DNAME already',
    },
    {
      rule: '§2.4: a record below',
      records: [txt('a.b.d'), dname('d')],
      problem: 'a.b.d.example.org. is below d.example.org., which has a DNAME',
    },
    {
      rule: '§2.4: a delegation below',
      records: [dname('d'), '{ name: s.d, type: NS, value: ns.example.net }'],
      problem: 's.d.example.org. is below d.example.org., which has a DNAME',
    },
    {
      rule: '§2.4: a DNAME below',
      records: [dname('d'), dname('e.d')],
      problem: 'e.d.example.org. is below d.example.org., which has a DNAME',
    },
    {
      rule: 'RFC 4592 §4.4: a wildcard',
      records: [dname('*.d')],
      problem: '*.d.example.org. is a wildcard; it cannot have a DNAME',
    },
    {
      rule: 'RFC 1034 §4.2.1: at a delegation',
      records: [dname('d'), '{ name: d, type: NS, value: ns.example.net }'],
      problem: 'd.example.org. is at or below d.example.org., which is delegated',
    },
    {
      rule: 'at the name of a pool',
      records: [dname('web.p')],
      problem: 'web.p.example.org. can have no DNAME: a pool of this name answers for its addresses',
    },
  ])('$rule', ({ records, problem }) => {
    const found = problemsOf(zoneFile(`pools: p\nrecords: [${records.join(', ')}]`));
    expect(found).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
  });

  test('above the pools of the zone is refused', () => {
    expect(problemsOf(zoneFile(`pools: p.d\nrecords: [${dname('d')}]`))).toEqual([
      'zones[0].records[0].value: d.example.org. cannot have a DNAME, because the pools of this zone are below it',
    ]);
  });

  test('may be at the apex, if the name servers have other names', () => {
    const ours = problemsOf(`zones: [{ name: example.org, ns: ${NS}, records: [${dname('@')}] }]`);
    expect(ours).toEqual([
      expect.stringContaining('ns1.example.org. is below example.org., which has a DNAME'),
    ]);
    const [zone] = zonesOf(
      `zones: [{ name: example.org, ns: [{ name: ns.example.net }], soa: { mname: ns.example.net, rname: a@example.net }, records: [${dname('@')}] }]`,
    );
    expect(setsOf(zone!)).toContain('example.org. 3600 DNAME 076578616d706c65036e657400');
  });
});

describe('hints that are auto (RFC 9460 §7.3)', () => {
  const https = (...values: string[]) =>
    `records: [{ name: w, type: HTTPS, value: [${values.map((value) => `'${value}'`).join(', ')}] }]`;

  test('are taken', () => {
    expect(problemsOf(zoneFile(https('1 . alpn=h2 ipv4hint=auto ipv6hint=auto')))).toEqual([]);
  });

  test('do not tell two records of a set apart: an answer may leave them out', () => {
    expect(problemsOf(zoneFile(https('1 . alpn=h2 ipv4hint=auto', '1 . alpn=h2 ipv6hint=auto')))).toEqual([
      'zones[0].records[0].value[1]: w.example.org. HTTPS has this record already (zones[0].records[0].value[0])',
    ]);
  });
});
