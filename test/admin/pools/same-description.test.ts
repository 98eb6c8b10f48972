import { afterAll, expect, test } from 'vitest';
import { OTHERS_LISTED_MAX, sameDescriptionMessages } from '../../../src/admin/resource/same-description.ts';
import { ACCOUNT, MONITOR_GROUPS, MONITORS, openTestAdmin } from '../server.ts';

const api = await openTestAdmin();
afterAll(() => api.stop());

const cannot = 'The command line and documents of apply cannot name one of them by it: use the identifier.';

test.each(['monitors', 'monitor_groups'] as const)(
  'a second one of %s with the same description gets a message that names the first',
  async (list) => {
    const monitor = (await api.call('POST', MONITORS, { type: 'tcp', port: 1 })).body;
    expect(monitor.messages).toEqual([]);
    const path = list === 'monitors' ? MONITORS : MONITOR_GROUPS;
    const noun = list === 'monitors' ? 'Monitor' : 'Monitor group';
    const member = {
      monitor_id: monitor.result.id,
      enabled: true,
      monitoring_only: false,
      must_be_healthy: false,
    };
    const body = (description: string) =>
      list === 'monitors' ? { type: 'tcp', port: 1, description } : { description, members: [member] };
    const write = async (method: string, at: string, sent: object) => {
      const answer = await api.call(method, at, sent);
      expect([answer.status, answer.body.errors]).toEqual([200, []]);
      return { id: answer.body.result.id, messages: answer.body.messages };
    };
    const told = (...ids: string[]) => [
      {
        code: 10101,
        message: `${noun}${ids.length > 1 ? 's' : ''} ${ids.join(', ')} ${ids.length > 1 ? 'have' : 'has'} the description "Shop" too. ${cannot}`,
        type: null,
      },
    ];
    const first = await write('POST', path, body('Shop'));
    expect(first.messages).toEqual([]);
    const second = await write('POST', path, body('Shop'));
    expect(second.messages).toEqual(told(first.id));
    // An empty description is none.
    const third = await write('POST', path, body(''));
    expect([third.messages, (await write('POST', path, body(''))).messages]).toEqual([[], []]);
    expect((await write('PATCH', `${path}/${third.id}`, { description: 'Shop' })).messages).toEqual(
      told(first.id, second.id),
    );
    expect((await write('PUT', `${path}/${third.id}`, body('Other'))).messages).toEqual([]);
    expect((await write('PUT', `${path}/${third.id}`, body('Shop'))).messages).toEqual(
      told(first.id, second.id),
    );
    // The command line takes names in any case.
    expect((await write('PATCH', `${path}/${third.id}`, { description: 'OTHER' })).messages).toEqual([]);
    expect((await write('PATCH', `${path}/${second.id}`, { description: 'other' })).messages).toEqual([
      {
        code: 10101,
        message: `${noun} ${third.id} has the description "other" too, in another case. The command line cannot name one of them by it: use the identifier.`,
        type: null,
      },
    ]);
    expect((await write('DELETE', `${path}/${second.id}`, {})).messages).toEqual([]);
  },
);

test('apply gives this message for a plan and for a document', async () => {
  const account = ACCOUNT.replace('0', 'f');
  const body = { monitors: [{ id: account, type: 'tcp', port: 1, description: 'Told' }] };
  expect((await api.call('POST', '/lifeguard/v1/apply', body)).body.messages).toEqual([]);
  const other = { monitors: [{ id: ACCOUNT, type: 'tcp', port: 1, description: 'Told' }] };
  const message = `Monitor ${account} has the description "Told" too. ${cannot}`;
  for (const query of ['?dry_run=true', ''])
    expect((await api.call('POST', `/lifeguard/v1/apply${query}`, other)).body.messages).toEqual([
      { code: 10101, message, type: null },
    ]);
});

test('the message lists a bounded number of others', () => {
  const all = Array.from({ length: OTHERS_LISTED_MAX + 2 }, (_, i) => ({ id: `m${i}`, description: 'x' }));
  expect(sameDescriptionMessages('monitor', [all[0]!], all)[0]!.message).toMatch(
    new RegExp(`^Monitors m1, m2, .*m${OTHERS_LISTED_MAX} and 1 more have the description "x" too\\.`),
  );
});
