import { InvalidArgumentError } from 'commander';
import { isObjectId } from '../../admin/schema/object-id.ts';
import { accountPath } from '../account.ts';
import type { ApiClient } from '../api.ts';
import { field, repeated } from '../fields.ts';
import { type Body, namesById, type ObjectKind, objectCalled } from '../objects.ts';
import { table } from '../print.ts';
import { MONITORS } from './monitors.ts';

/** The properties of a monitor group in the API that are used here. */
export interface GroupShown {
  readonly id: string;
  readonly description: string;
  readonly members: readonly Member[];
}

interface Member {
  /** An identifier; in command lines and files a description as well. */
  readonly monitor_id: string;
  readonly enabled: boolean;
  readonly monitoring_only: boolean;
  readonly must_be_healthy: boolean;
}

/** Monitor groups on the command line. */
export const GROUPS: ObjectKind<GroupShown> = {
  noun: 'monitor group',
  pathOf: async (client) => `${await accountPath(client)}/load_balancers/monitor_groups`,
  naming: { argument: 'group', key: 'description', of: ({ description }) => description },
  fields: () => [
    field('description', '--description <text>', 'Name for people, which commands accept as well'),
    field(
      'members',
      '--member <monitor>',
      'Monitor, by description or identifier, then [,disabled][,monitoring_only][,must_be_healthy]; repeat for each; replaces all members',
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
  text: (group) => groupText(group, new Map()),
  async beside(client) {
    const names = await namesById(MONITORS, client).catch(() => new Map<string, string>());
    return { table: GROUPS.table, text: (group) => groupText(group, names) };
  },
};

/** Formats a group with its members. `names`: descriptions of monitors, by identifier; a monitor without one is shown by its identifier. */
function groupText({ id, description, members }: GroupShown, names: ReadonlyMap<string, string>): string {
  const rows = members.map((each) => [
    names.get(each.monitor_id) || each.monitor_id,
    each.enabled,
    each.monitoring_only,
    each.must_be_healthy,
  ]);
  const columns = ['monitor', 'enabled', 'monitoring only', 'must be healthy'];
  return `${table(['id', 'description'], [[id, description]])}\n${table(columns, rows)}`;
}

function memberIn(text: string): Member {
  const [called = '', ...marks] = text.split(',');
  const unknown = marks.find((mark) => !/^(disabled|monitoring_only|must_be_healthy)$/.test(mark));
  if (called === '' || unknown !== undefined)
    throw new InvalidArgumentError(
      'It must be a monitor, then any of ,disabled ,monitoring_only and ,must_be_healthy.',
    );
  return {
    monitor_id: called,
    enabled: !marks.includes('disabled'),
    monitoring_only: marks.includes('monitoring_only'),
    must_be_healthy: marks.includes('must_be_healthy'),
  };
}

/** Replaces descriptions of monitors with identifiers. The server refuses wrong members. */
function withMonitors(client: ApiClient, members: readonly unknown[]): Promise<unknown[]> {
  return Promise.all(
    members.map(async (member) => {
      const { monitor_id: called } = (member ?? {}) as Body;
      if (typeof called !== 'string' || isObjectId(called)) return member;
      return { ...(member as Body), monitor_id: (await objectCalled(MONITORS, client, called)).id };
    }),
  );
}
