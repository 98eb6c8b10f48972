import { expect, test } from 'vitest';
import { createLastHealthy, type EndpointsOfPools } from '../../../src/serve/health/last-healthy.ts';
import { makePool } from '../../probe/checks.ts';

function remembering({ known = new Map(), wanted = [] as string[] } = {}) {
  const changes: string[] = [];
  const memory = createLastHealthy({
    known,
    isWanted: (pool) => wanted.includes(pool),
    changed: (all: EndpointsOfPools) =>
      changes.push([...all].map(([pool, names]) => `${pool}=${[...names].join('+')}`).join(' ')),
  });
  const note = (id: string, answered: readonly string[], allDown: 'last_healthy' | 'all' = 'last_healthy') =>
    memory.note(makePool({ id, allDown }), answered);
  return { memory, note, changes, wanted };
}

test('only another set of endpoints is a change, and an empty one is none', () => {
  const { memory, note, changes } = remembering();
  note('p', ['a', 'b']);
  note('p', ['b', 'a']);
  note('p', []);
  note('p', ['b']);
  note('p', ['c']);
  expect(changes).toEqual(['p=a+b', 'p=b', 'p=c']);
  expect(memory.of('p')).toEqual(new Set(['c']));
  expect(memory.of('q')).toBeUndefined();
});

test('a pool is remembered where it, or a load balancer, wants that, and forgotten where none does', () => {
  const { note, changes, wanted } = remembering();
  note('p', ['a'], 'all');
  wanted.push('p');
  note('p', ['a'], 'all');
  wanted.pop();
  note('p', ['a'], 'all');
  note('p', ['a'], 'all');
  expect(changes).toEqual(['p=a', '']);
});

test('pools that do not exist any more are forgotten', () => {
  const { memory, note, changes } = remembering({ known: new Map([['gone', new Set(['a'])]]) });
  note('p', ['a']);
  memory.retain((pool) => pool === 'p');
  memory.forget('q');
  expect(changes).toEqual(['gone=a p=a', 'p=a']);
});
