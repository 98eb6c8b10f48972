import type { ErrorName } from '../../../src/admin/http/errors.ts';
import { WRITES_MAX, type Write } from '../../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Records } from '../../../src/store/reading/records.ts';
import type { Store } from '../../../src/store/store.ts';
import { zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { type Answer, startTestAdmin, type TestAdmin } from '../server.ts';

const A = { type: 'A', name: 'www', content: '192.0.2.1' };

const ID = 'e'.repeat(32);
const PATH = `/client/v4/zones/${ID}/dns_records`;

/** Makes a zone, posts these bodies to its records, and returns the last answer. */
const posted =
  (first: object, ...others: readonly object[]) =>
  async (api: TestAdmin): Promise<Answer> => {
    await api.store.commit([put]);
    let answer = await api.call('POST', PATH, first);
    for (const body of others) answer = await api.call('POST', PATH, body);
    return answer;
  };
const put: Write = {
  op: 'put',
  kind: 'zone',
  id: ID,
  value: zone(ID, { name: 'example.org' }),
  unique: ['example.org'],
  references: [],
};

/** How to come by each error of records. */
export const PROVOKE_OF_RECORDS = {
  recordName: posted({ ...A, name: 'a..b' }),
  recordProxied: posted({ ...A, proxied: 'yes' }),
  recordContent: posted({ ...A, type: 'TXT', content: '"open' }),
  recordContentA: posted({ ...A, content: '2001:db8::1' }),
  recordContentAaaa: posted({ ...A, type: 'AAAA' }),
  recordContentCname: posted({ ...A, type: 'CNAME' }),
  recordContentMx: posted({ ...A, type: 'MX', priority: 10 }),
  recordType: posted({ ...A, type: 'NOSUCH' }),
  recordTtl: posted({ ...A, ttl: -1 }),
  recordField: posted({ ...A, colour: 'blue' }),
  recordRule: posted({ type: 'CNAME', name: '@', content: 'example.net' }),
  recordBesideCname: posted(A, { type: 'CNAME', name: 'www', content: 'example.net' }),
  recordExists: posted(A, { ...A, ttl: 60 }),
  recordIdentical: posted(A, A),
  zoneExists: async () => {
    const api = await startTestAdmin({ zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.')] });
    await api.call('POST', '/client/v4/zones', { name: 'example.org' });
    return api.call('POST', '/client/v4/zones', { name: 'Example.ORG' });
  },
  tooManyRecords: async (api) => {
    const read = async () => ({ ...(await api.store.read()), records: { size: 100_001 } as Records });
    const store = Object.assign(Object.create(api.store) as Store, { read, close: async () => {} });
    return (await startTestAdmin({ store })).call('GET', '/lifeguard/v1/export');
  },
  recordNotFound: async (api) => {
    await api.store.commit([put]);
    return api.call('GET', `${PATH}/${'f'.repeat(32)}`);
  },
  badForm: async (api) => {
    await api.store.commit([put]);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    return api.call('POST', `${PATH}/import`, '--x--', headers);
  },
  importInPart: async (api) => {
    await api.store.commit([put]);
    let commits = 0;
    const commit: Store['commit'] = async (...given) => {
      commits += 1;
      if (commits > 1) throw new StoreUnavailable('Redis is gone');
      return api.store.commit(...given);
    };
    const store = Object.assign(Object.create(api.store) as Store, { commit, close: async () => {} });
    const other = await startTestAdmin({ store });
    const text = `$GENERATE 1-${WRITES_MAX + 1} h$ 60 A 192.0.2.1\n`;
    return other.call('POST', `${PATH}/import`, text, { 'content-type': 'text/plain' });
  },
} satisfies Partial<Record<ErrorName, (api: TestAdmin) => Promise<Answer>>>;
