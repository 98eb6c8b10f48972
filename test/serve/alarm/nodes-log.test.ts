import { expect, test } from 'vitest';
import type { NodeStatus } from '../../../src/event/node-status.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import {
  createNodesLog,
  NODE_GRACE_MS,
  NODE_MISSED_MS,
  NODES_DIFFER_MS,
  NODES_MISSED_MAX,
} from '../../../src/serve/alarm/nodes-log.ts';
import { node } from '../../store/contract/samples.ts';

function start() {
  const quiet = () => {};
  const alarms = createAlarms({ info: quiet, warn: quiet, error: quiet });
  let nowMs = 0;
  const log = createNodesLog(alarms, at('a').id, () => nowMs);
  const look = (...nodes: readonly NodeStatus[]) => {
    log.look(nodes);
    return [...alarms.raised.values()].map(({ alarm, about }) => `${alarm} ${about}`);
  };
  const reasons = () => [...alarms.raised.values()].map(({ reason }) => reason);
  return { look, reasons, pass: (ms: number) => void (nowMs += ms) };
}

const at = (host: string, fields: Partial<NodeStatus> = {}): NodeStatus => ({
  ...node(host),
  host,
  version: '1.0.0',
  ...fields,
});
const HERE = 'http://127.0.0.1:5380';

test('a server that dies is an alarm until another start of it is live', () => {
  const { look, pass } = start();
  look(at('a'), at('b'));
  expect(look(at('a'))).toEqual([]);
  pass(NODE_GRACE_MS - 1);
  expect(look(at('a'))).toEqual([]);
  pass(1);
  expect(look(at('a'))).toEqual([`node_lost b (${HERE})`]);
  expect(look(at('a'), at('b', { id: 'another start' }))).toEqual([]);
});

test('a server that says goodbye is no alarm', () => {
  const { look, pass } = start();
  look(at('a'), at('b'));
  look(at('a'), at('b', { isLeaving: true }));
  look(at('a'));
  pass(NODE_GRACE_MS);
  expect(look(at('a'))).toEqual([]);
});

test('a server that nobody missed for an hour is no alarm any more', () => {
  const { look, pass } = start();
  look(at('a'), at('b'));
  look(at('a'));
  pass(NODE_MISSED_MS - 1);
  expect(look(at('a'))).toHaveLength(1);
  pass(1);
  expect(look(at('a'))).toEqual([]);
});

test('a server reported itself as lost while the store refused its announcements', () => {
  const { look, pass } = start();
  look(at('a'), at('b'));
  look();
  pass(NODE_GRACE_MS);
  expect(look()).toEqual([]);
  pass(NODE_GRACE_MS);
  // The store takes announcements again: first that of this server.
  expect(look(at('a'))).toEqual([]);
  expect(look(at('a'), at('b'))).toEqual([]);
  look(at('a'));
  pass(NODE_GRACE_MS);
  expect(look(at('a'))).toEqual([`node_lost b (${HERE})`]);
});

test(`${NODES_MISSED_MAX} servers are missed at a time`, () => {
  const { look, pass } = start();
  look(at('a'), ...Array.from({ length: NODES_MISSED_MAX + 1 }, (_, i) => at(`n${i}`)));
  look(at('a'));
  pass(NODE_GRACE_MS);
  expect(look(at('a'))).toHaveLength(NODES_MISSED_MAX);
});

test('servers of different versions are an alarm that names them, until they are of one', () => {
  const { look, reasons, pass } = start();
  const later = at('b', { version: '1.1.0', configuration: digests('z') });
  look(at('a'), later);
  pass(NODES_DIFFER_MS - 1);
  expect(look(at('a'), later)).toEqual([]);
  pass(1);
  expect(look(at('a'), later)).toEqual(['nodes_differ version']);
  expect(reasons()[0]).toContain(`(version: 1.0.0 at a (${HERE}); 1.1.0 at b (${HERE}))`);
  expect(look(at('a', { version: '1.1.0' }), later)).toEqual([]);
});

test.each(['zones', 'health', 'limits'])('servers that differ in their %s are an alarm', (part) => {
  const { look, pass } = start();
  const both = [
    at('a', { configuration: digests('1') }),
    at('b', { configuration: { ...digests('1'), [part]: '2' } }),
  ];
  look(...both);
  pass(NODES_DIFFER_MS);
  expect(look(...both)).toEqual([`nodes_differ ${part}`]);
  // One that leaves does not count.
  expect(look(both[0]!, { ...both[1]!, isLeaving: true })).toEqual([]);
});

function digests(each: string) {
  return { all: each, zones: each, health: each, limits: each };
}
