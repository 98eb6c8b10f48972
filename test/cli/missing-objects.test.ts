import { expect, test } from 'vitest';
import { POOLS, startTestAdmin, TOKEN } from '../admin/server.ts';
import { runHere } from '../support/in-process.ts';

test.each([
  [['override', 'clear', 'no-override'], 'Pool "no-override" has no override of its own.'],
  [['pools', 'get', 'nosuch'], /^No pool has the name or identifier "nosuch"/],
  [['pools', 'update', 'no-override', '--remove', 'x'], /no-override/],
  [['zones', 'get', 'nosuch'], /^No zone has the name or identifier "nosuch"/],
  [['token', 'delete', 'nosuch'], /^No token has the name or identifier "nosuch"/],
  [['countries', 'ZZ'], 'No region has the country ZZ.'],
])(
  '%j: what the server does not have is said as JSON with --json (once: as a sentence alone)',
  async (words, message) => {
    const { url, call } = await startTestAdmin();
    await call('POST', POOLS, { name: 'no-override', origins: [{ name: 'a', address: '192.0.2.1' }] });
    const { code, stdout, stderr } = await runHere([...words, '--json', '--api', url, '--token', TOKEN]);
    const answer = JSON.parse(stdout);
    expect([code, answer]).toEqual([
      3,
      {
        success: false,
        errors: [
          { code: 1001, message: message instanceof RegExp ? expect.stringMatching(message) : message },
        ],
        messages: [],
        result: null,
      },
    ]);
    expect(stderr).toBe(`${answer.errors[0].message}\n`);
  },
);
