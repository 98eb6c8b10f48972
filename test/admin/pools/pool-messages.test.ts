import { expect, test } from 'vitest';
import { poolMessages } from '../../../src/admin/pools/messages.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

/** A pool of `answered` endpoints in use, and as many others as the fields of each say. */
function poolOf(answered: number, others: readonly object[]) {
  const fields = [...Array.from({ length: answered }, () => ({})), ...others];
  const endpoints = fields.map((each, i) =>
    makeEndpoint({ name: `e${i}`, address: `192.0.2.${i}`, ...each }),
  );
  return makePool({ name: 'web', endpoints });
}
const window = 'An answer holds a window of 100 addresses, because resolvers refuse larger sets.';

test.each([
  { answered: 100, others: [], says: undefined },
  { answered: 101, others: [], says: `Pool "web" has 101 endpoints. ${window}` },
  { answered: 100, others: [{ enabled: false }], says: undefined },
  {
    answered: 101,
    others: [{ enabled: false }, { weight: 0 }],
    says: `Pool "web" has 101 of 103 endpoints in use. ${window}`,
  },
])(
  'the message about a window counts only endpoints in use: $answered and others $others',
  ({ answered, others, says }) => {
    expect(poolMessages(poolOf(answered, others)).map(({ message }) => message)).toEqual(says ? [says] : []);
  },
);
