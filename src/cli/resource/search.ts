import type { Command } from 'commander';
import { accountPath } from '../account.ts';
import { clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { print, table } from '../print.ts';
import type { FoundResource } from './found.ts';
import { type ReferenceShown, referenced } from './references.ts';

/** A load balancer, pool, monitor or record that was found, with its references. */
interface Found extends FoundResource {
  readonly references: readonly ReferenceShown[];
}

/** Adds the command that finds load balancers, pools, monitors and records. */
export function addSearchCommand(program: Command): void {
  leaf(
    program,
    'search',
    'Find load balancers, pools, monitors and records by a part of their name, with their uses',
    'search web',
  )
    .argument(
      '[text]',
      'Part of a name, of the description of a monitor, of the content of a record or of an identifier (default: all but records)',
    )
    .action(async (text: string | undefined, options: Shared) => {
      const client = clientOf(options);
      const query = new URLSearchParams({ references: '*', ...(text === undefined ? {} : { query: text }) });
      const path = `${await accountPath(client)}/load_balancers/search?${query}`;
      print(await client.list<Found>(path, 'resources'), options, (all) =>
        all.length === 0
          ? `Nothing was found${text === undefined ? '' : ` with "${text}"`}.\n`
          : foundTable(all),
      );
    });
}

function foundTable(all: readonly Found[]): string {
  return table(
    ['kind', 'name', 'id', 'uses', 'used by'],
    all.map((each) => [
      each.resource_type,
      each.resource_name,
      each.resource_id,
      referenced(each.references, 'referral'),
      referenced(each.references, 'referrer'),
    ]),
  );
}
