import { expect, test } from 'vitest';
import { startTestAdmin, TOKENS } from '../server.ts';
import { withoutAnswers, withoutReplicas } from './provoke-token-errors.ts';

const ci = { name: 'ci', scope: 'read' };

test('a token that no replica confirmed is deleted again, as nobody has its secret (once: it stayed, and kept its name)', async () => {
  const under = await startTestAdmin();
  const api = await startTestAdmin({ store: withoutReplicas(under.store) });
  const answer = await api.call('POST', TOKENS, ci);
  expect([answer.status, answer.body.errors[0].code]).toEqual([503, 1517]);
  expect(answer.body.errors[0].message).toContain('created no token: only 0 of 1 replicas');
  expect((await under.call('GET', TOKENS)).body.result).toEqual([]);
  expect((await under.call('POST', TOKENS, ci)).status).toBe(200);
});

test('where nobody knows whether a token was stored, the answer names it, and says to delete it', async () => {
  const under = await startTestAdmin();
  const api = await startTestAdmin({ store: withoutAnswers(under.store) });
  const answer = await api.call('POST', TOKENS, ci);
  expect([answer.status, answer.body.errors[0].code]).toEqual([503, 1518]);
  expect(answer.body.errors[0].message).toContain('the token ci, and nobody knows its secret');
  expect((await under.call('GET', TOKENS)).body.result).toMatchObject([{ name: 'ci' }]);
});
