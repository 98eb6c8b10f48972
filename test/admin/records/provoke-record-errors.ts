import type { ErrorName } from '../../../src/admin/http/errors.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { zone } from '../../store/contract/samples.ts';
import type { Answer, TestAdmin } from '../server.ts';

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
  recordNotFound: async (api) => {
    await api.store.commit([put]);
    return api.call('GET', `${PATH}/${'f'.repeat(32)}`);
  },
} satisfies Partial<Record<ErrorName, (api: TestAdmin) => Promise<Answer>>>;
