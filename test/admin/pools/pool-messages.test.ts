import { expect, test } from 'vitest';
import { poolMessages } from '../../../src/admin/pools/messages.ts';
import { makePool } from '../../probe/checks.ts';

const bind = 'BIND 9.18.28 and later refuses more than 100 records of a type';

test.each([
  { answerAddressesMax: undefined, says: undefined },
  { answerAddressesMax: null, says: undefined },
  { answerAddressesMax: 0, says: undefined },
  { answerAddressesMax: 100, says: undefined },
  { answerAddressesMax: 101, says: `101 addresses of a family in an answer. ${bind}.` },
  { answerAddressesMax: 256, says: `256 addresses of a family in an answer. ${bind}.` },
  {
    answerAddressesMax: 257,
    says: `257 addresses of a family in an answer. ${bind}, PowerDNS Recursor more than 256.`,
  },
])(
  'the message about an answer of $answerAddressesMax addresses names who refuses it',
  ({ says, ...fields }) => {
    const { answerAddressesMax } = fields;
    const pool = makePool({ name: 'web', ...(answerAddressesMax !== undefined && { answerAddressesMax }) });
    expect(poolMessages(pool)).toEqual(
      says === undefined ? [] : [{ code: 10100, message: `Pool "web" may have ${says}`, type: null }],
    );
  },
);
