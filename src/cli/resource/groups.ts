import { InvalidArgumentError } from 'commander';
import { isObjectId } from '../../admin/schema/object-id.ts';
import { accountPath } from '../account.ts';
import type { ApiClient } from '../api.ts';
import { field, repeated } from '../fields.ts';
import { type Body, type ObjectKind, objectCalled } from '../objects.ts';
import { table } from '../print.ts';
import { MONITORS } from './monitors.ts';

/** A group of monitors as the API shows it, as far as it is looked into here. */
export interface GroupShown {
  readonly id: string;
  readonly description: string;
  readonly members: readonly Member[];
}

interface Member {
  /** On the command line a description too. */
  readonly monitor_id: string;
  readonly enabled: boolean;
  readonly monitoring_only: boolean;
  readonly must_be_healthy: boolean;
}

/** What is said of groups of monitors on the command line, and how they are shown. */
export const GROUPS: ObjectKind<GroupShown> = {
  noun: 'group',
  pathOf: async (client) => `${await accountPath(client)}/load_balancers/monitor_groups`,
  naming: { key: 'description', is: 'identifier or description', of: ({ description }) => description },
  fields: () => [
    field('description', '--description <text>', 'what people know it by'),
    field(
      'members',
      '--member <monitor>',
      'identifier or description[,disabled][,monitoring_only][,must_be_healthy]; again for each: they are all it has then',
      repeated(memberIn),
    ),
  ],
  resolved: async (client, body) =>
    Array.isArray(body.members) ? { ...body, members: await withMonitors(client, body.members) } : body,
  table: (all) =>
    table(
      ['id', 'description', 'members'],
      all.map(({ id, description, members }) => [id, description, members.length]),
    ),
  text: ({ id, description, members }) => {
    const rows = members.map((each) => [
      each.monitor_id,
      each.enabled,
      each.monitoring_only,
      each.must_be_healthy,
    ]);
    const columns = ['monitor', 'enabled', 'monitoring only', 'must be healthy'];
    return `${table(['id', 'description'], [[id, description]])}\n${table(columns, rows)}`;
  },
};

function memberIn(text: string): Member {
  const [called = '', ...marks] = text.split(',');
  const unknown = marks.find((mark) => !/^(disabled|monitoring_only|must_be_healthy)$/.test(mark));
  if (called === '' || unknown !== undefined)
    throw new InvalidArgumentError('It must be a monitor, and disabled, monitoring_only or must_be_healthy.');
  return {
    monitor_id: called,
    enabled: !marks.includes('disabled'),
    monitoring_only: marks.includes('monitoring_only'),
    must_be_healthy: marks.includes('must_be_healthy'),
  };
}

/** Members with identifiers; what is no member, the server refuses. */
function withMonitors(client: ApiClient, members: readonly unknown[]): Promise<unknown[]> {
  return Promise.all(
    members.map(async (member) => {
      const { monitor_id: called } = (member ?? {}) as Body;
      if (typeof called !== 'string' || isObjectId(called)) return member;
      return { ...(member as Body), monitor_id: (await objectCalled(MONITORS, client, called)).id };
    }),
  );
}
