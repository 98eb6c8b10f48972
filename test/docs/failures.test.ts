import { expect, test } from 'vitest';
import { ALARMS } from '../../src/event/event.ts';
import { readTree } from '../support/source-tree.ts';

test('FAILURES.md says of every alarm what to do, and of no other', () => {
  const page = readTree('docs/FAILURES.md').get('docs/FAILURES.md')!;
  const [, alarms] = /^## Alarms\n([\s\S]*?)^## /m.exec(page)!;
  const rows = [...alarms!.matchAll(/^\| `(\w+)` \| .*\]\(.*#.*\)/gm)].map(([, alarm]) => alarm!);
  expect(rows.toSorted()).toEqual(ALARMS.toSorted());
});
