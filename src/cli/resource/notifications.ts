import type { Command } from 'commander';
import { OperatorError } from '../../commands/exit.ts';
import { clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { print, table } from '../print.ts';

/** What became of a test as the API shows it. */
interface OutcomeShown {
  readonly destination: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly seconds: number;
}

/** Adds the commands of notifications. */
export function addNotificationCommands(parent: Command): void {
  leaf(parent, 'test', 'send a test to those who are notified, and tell what became of it')
    .argument('[destination]', 'webhook/ and its name, or mail; without it, all')
    .action(async (destination: string | undefined, options: Shared) => {
      const query = destination === undefined ? '' : `?${new URLSearchParams({ destination })}`;
      const path = `/lifeguard/v1/notifications/test${query}`;
      const answer = await clientOf(options).ask<OutcomeShown[]>('POST', path);
      print(answer, options, outcomeTable);
      const outcomes = answer.result;
      const missed = outcomes.filter(({ outcome }) => outcome !== 'delivered').length;
      if (missed > 0) throw new OperatorError(`not delivered: ${missed} of ${outcomes.length}`);
    });
}

function outcomeTable(all: readonly OutcomeShown[]): string {
  return table(
    ['destination', 'outcome', 'seconds', 'reason'],
    all.map(({ destination, outcome, seconds, reason }) => [destination, outcome, seconds, reason]),
  );
}
