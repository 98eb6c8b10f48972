import type { Command } from 'commander';
import { OperatorError } from '../../commands/exit.ts';
import { clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { print, table } from '../print.ts';

/** The outcome of a test for one destination, as the API gives it. */
interface OutcomeShown {
  readonly destination: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly seconds: number;
}

/** Adds the commands for notifications. */
export function addNotificationCommands(parent: Command): void {
  leaf(
    parent,
    'test',
    'Send a test notification to each destination and show the outcome',
    'notifications test webhook/ops',
  )
    .argument('[destination]', 'webhook/<name> or mail (default: all destinations)')
    .action(async (destination: string | undefined, options: Shared) => {
      const query = destination === undefined ? '' : `?${new URLSearchParams({ destination })}`;
      const path = `/lifeguard/v1/notifications/test${query}`;
      const answer = await clientOf(options).ask<OutcomeShown[]>('POST', path);
      const outcomes = answer.result;
      print(answer, options, outcomes.length === 0 ? noneText : outcomeTable);
      const missed = outcomes.filter(({ outcome }) => outcome !== 'delivered').length;
      if (missed > 0)
        throw new OperatorError(`${missed} of ${outcomes.length} test notifications were not delivered.`);
    });
}

function noneText(): string {
  return 'No destination is configured: the configuration of this server has no webhook and no mail server under "notifications".\n';
}

function outcomeTable(all: readonly OutcomeShown[]): string {
  return table(
    ['destination', 'outcome', 'seconds', 'reason'],
    all.map(({ destination, outcome, seconds, reason }) => [destination, outcome, seconds, reason]),
  );
}
