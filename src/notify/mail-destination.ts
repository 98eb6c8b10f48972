import { randomUUID } from 'node:crypto';
import type { MailServer } from '../config/notified.ts';
import { mailboxesOf } from '../pool/mailbox.ts';
import type { PoolOf, TestedDestination } from './destination.ts';
import { isLetOut, isWanted } from './filter.ts';
import { MAIL_DEADLINE_MS, type Mail, type MailAttempt } from './mail.ts';
import { isOfPool, type Notice } from './notice.ts';
import { headlineOf, sentenceOf, TEST_TEXT } from './payload.ts';

/** Maximum of times that the server may defer one notification for one address, before it is skipped. */
export const DEFERRALS_MAX = 8;
/** Maximum of addresses that are remembered as given up. Each is tried once a notification, until it takes one. */
export const WEARY_MAX = 100;

/** Dependencies of mailDestination. */
export interface MailContext {
  readonly poolOf: PoolOf;
  /** Sends one mail, within `deadlineMs`. Never rejects. */
  readonly send: (mail: Mail, means: { deadlineMs: number; signal: AbortSignal }) => Promise<MailAttempt>;
  /** Called with an address that does not get a notification. */
  readonly passedOver: (address: string, notice: Notice, reason: string) => void;
}

/**
 * Creates one destination for all mail addresses, since one server takes all mail. An address that the server does not
 * take delays the others only a little.
 */
export function mailDestination(server: MailServer, context: MailContext): TestedDestination {
  const { poolOf, send, passedOver } = context;
  /** For the current notification: the addresses that are done, and how often others were deferred. */
  let current = { cursor: '', settled: new Set<string>(), deferrals: new Map<string, number>() };
  const weary = new Set<string>();

  function recipientsOf(notice: Notice): string[] {
    const everything = isWanted(server.filter, notice) ? server.to : [];
    if (!isOfPool(notice)) return [...everything];
    const audience = poolOf(notice.event.pool) ?? notice.event.audience;
    if (!isLetOut(audience?.notificationFilter, notice)) return [];
    return [...new Set([...everything, ...mailboxesOf(audience?.notificationEmail ?? '')])];
  }

  /** Counts a deferral of an address. Returns true where the address is given up. */
  function isGivenUp(address: string): boolean {
    const deferrals = (current.deferrals.get(address) ?? 0) + 1;
    current.deferrals.set(address, deferrals);
    if (deferrals < DEFERRALS_MAX && !weary.has(address)) return false;
    if (weary.size < WEARY_MAX) weary.add(address);
    return true;
  }

  return {
    key: 'mail',
    wants: (notice) => recipientsOf(notice).length > 0,
    async attempt(notice, signal) {
      const { cursor } = notice.event;
      if (current.cursor !== cursor) current = { cursor, settled: new Set(), deferrals: new Map() };
      let waiting: string | undefined;
      for (const to of recipientsOf(notice)) {
        if (current.settled.has(to)) continue;
        const tried = await send(mailOf(server, notice, to), { deadlineMs: MAIL_DEADLINE_MS, signal });
        if (tried.kind === 'failed') return tried;
        if (tried.kind === 'deferred' && !isGivenUp(to)) {
          waiting = `${to}: ${tried.reason}`;
          continue;
        }
        if (tried.kind === 'delivered') weary.delete(to);
        else passedOver(to, notice, tried.reason);
        current.settled.add(to);
      }
      return waiting === undefined ? { kind: 'delivered' } : { kind: 'failed', reason: waiting };
    },
    async test(signal) {
      if (server.to.length === 0) return { kind: 'failed', reason: 'notifications.smtp.to has no address' };
      const untaken: string[] = [];
      for (const to of server.to) {
        const tried = await send(testMailOf(server, to, Date.now()), {
          deadlineMs: MAIL_DEADLINE_MS,
          signal,
        });
        if (tried.kind === 'failed') return tried;
        if (tried.kind !== 'delivered') untaken.push(`${to}: ${tried.reason}`);
      }
      return untaken.length === 0 ? { kind: 'delivered' } : { kind: 'refused', reason: untaken.join('; ') };
    },
  };
}

function mailOf({ from }: MailServer, notice: Notice, to: string): Mail {
  const { cursor, atMs } = notice.event;
  return {
    to,
    subject: headlineOf(notice),
    text: `${sentenceOf(notice)}\n\nAt ${new Date(atMs).toISOString()}. Event ${cursor}.\n`,
    // The same for a mail that is sent again after a crash, so that it can be recognized.
    id: `<${cursor}.lifeguard.${from}>`,
    atMs,
  };
}

function testMailOf({ from }: MailServer, to: string, atMs: number): Mail {
  const id = `<${randomUUID()}.lifeguard.${from}>`;
  return { to, subject: 'Lifeguard: a test', text: `${TEST_TEXT}\n`, id, atMs };
}
