import { expect, test } from 'vitest';
import { decides } from '../../src/check/pool-monitors.ts';
import { makeGroup, makeMember, watchesAmong } from '../pool/groups.ts';
import { makeMonitor, makePool } from '../probe/checks.ts';

const [a, b] = [makeMonitor({ id: 'a'.repeat(32) }), makeMonitor({ id: 'b'.repeat(32) })];
const absent = 'c'.repeat(32);
const group = makeGroup({
  members: [
    makeMember({ monitorId: b.id, mustBeHealthy: true }),
    makeMember({ monitorId: absent }),
    makeMember({ monitorId: a.id, monitoringOnly: true }),
  ],
});
const idle = makeGroup({ id: 'e'.repeat(32), members: [makeMember({ monitorId: a.id, enabled: false })] });
const watchesOf = watchesAmong([a, b], [group, idle]);
const vote = { monitoringOnly: false, mustBeHealthy: false };

test.each([
  { what: 'its monitor, which has the only vote', pool: { monitor: a.id }, runs: [{ monitor: a, ...vote }] },
  {
    what: 'the existing monitors of its group, in order, with their settings (§3.4)',
    pool: { monitor: null, monitorGroup: group.id },
    runs: [
      { monitor: b, monitoringOnly: false, mustBeHealthy: true },
      { monitor: a, monitoringOnly: true, mustBeHealthy: false },
    ],
  },
  { what: 'no disabled group member (§3.4)', pool: { monitor: null, monitorGroup: idle.id }, runs: [] },
  { what: 'nothing without monitor and group', pool: { monitor: null }, runs: [] },
  { what: 'nothing with both empty', pool: { monitor: '', monitorGroup: '' }, runs: [] },
  {
    what: 'its monitor when the group is empty',
    pool: { monitor: a.id, monitorGroup: '' },
    runs: [{ monitor: a, ...vote }],
  },
  { what: 'nothing when the monitor does not exist', pool: { monitor: absent }, runs: [] },
  { what: 'nothing when the group does not exist', pool: { monitor: null, monitorGroup: absent }, runs: [] },
])('a pool runs $what', ({ pool, runs }) => {
  expect(watchesOf(makePool(pool))).toEqual(runs);
});

test.each([
  { monitoringOnly: false, mustBeHealthy: false, decides: true },
  { monitoringOnly: true, mustBeHealthy: false, decides: false },
  { monitoringOnly: false, mustBeHealthy: true, decides: true },
  { monitoringOnly: true, mustBeHealthy: true, decides: true },
])('monitoring only $monitoringOnly, must be healthy $mustBeHealthy: decides $decides', (row) => {
  expect(decides(row)).toBe(row.decides);
});
