import { expect, test } from 'vitest';
import { USERS_NAMED_MAX } from '../../src/cli/resource/references.ts';
import { MONITORS, POOLS, startTestAdmin, TOKEN } from '../admin/server.ts';
import { runHere } from '../support/in-process.ts';

const REFUSED = 'This object is referenced by other objects, delete them first.';

test.each([
  { users: 2, named: 'pool p0, pool p1.' },
  {
    users: USERS_NAMED_MAX + 1,
    named: `${Array.from({ length: USERS_NAMED_MAX }, (_, i) => `pool p${i}`).join(', ')}, and 1 more.`,
  },
])('a deletion of what $users others use did not say which', async ({ users, named }) => {
  const { url, call } = await startTestAdmin();
  const monitor = (await call('POST', MONITORS, { type: 'tcp', port: 80, description: 'used' })).body.result;
  for (let i = 0; i < users; i += 1)
    await call('POST', POOLS, {
      name: `p${i}`,
      monitor: monitor.id,
      origins: [{ name: 'a', address: '192.0.2.1' }],
    });
  const { code, stdout, stderr } = await runHere([
    ...['monitors', 'delete', 'used', '--json'],
    ...['--api', url, '--token', TOKEN],
  ]);
  // The answer of the API stays as the reference has it.
  expect(JSON.parse(stdout).errors).toEqual([{ code: 1005, message: REFUSED }]);
  expect({ code, stderr }).toEqual({ code: 4, stderr: `${REFUSED} It is used by: ${named}\n` });
});
