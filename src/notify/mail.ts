import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { NodemailerError } from 'nodemailer';
import { createTargets, type RefuseTarget } from '../check/targets.ts';
import type { MailServer } from '../config/notified.ts';
import type { Resolve } from '../probe/dns/resolve.ts';
import { allowedLookup, refuseAddress, TargetDenied } from './allowed-lookup.ts';
import { type Attempt, codeOf } from './attempt.ts';

/** Longest time for one mail, connection and all, milliseconds. */
export const MAIL_DEADLINE_MS = 30_000;
/** Octets of one reply of the server; one that is longer ends the connection. */
export const REPLY_OCTETS_MAX = 16 * 1_024;

/** A mail, to one address: what is wrong with one must not keep others from hearing. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Names it among all mail, so that one that comes twice is known again (RFC 5322 §3.6.4). */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** What became of one attempt to send a mail; `deferred`: the server is well, and wants it for this address later. */
export type MailAttempt = Attempt | { readonly kind: 'deferred'; readonly reason: string };

/** What a mail is sent with. */
export interface MailMeans {
  /** Milliseconds; MAIL_DEADLINE_MS but for a reason. */
  readonly deadlineMs: number;
  readonly resolve: Resolve;
  /** Where no mail may be handed in; absent: what is denied by default. */
  readonly refuse?: RefuseTarget;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
  /** Certificates that are trusted, PEM; absent: the runtime's default. */
  readonly authorities?: string;
}

/**
 * Hands one mail to the mail server, over a connection of its own. The server's certificate must be for its host. Never
 * rejects.
 */
export async function sendMail(server: MailServer, mail: Mail, means: MailMeans): Promise<MailAttempt> {
  const deadline = AbortSignal.timeout(means.deadlineMs);
  const signal = means.signal ? AbortSignal.any([deadline, means.signal]) : deadline;
  const { host, port, security, login, from } = server;
  const tls: ConnectionOptions = {
    // Without the final dot that a name may have (RFC 6066 §3).
    ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
    ...(means.authorities !== undefined && { ca: means.authorities }),
  };
  // Read with the first mail: most servers send none.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login && { auth: { user: login.user, pass: login.password } }),
    maxResponseSize: REPLY_OCTETS_MAX,
    // What the deadline cuts short is destroyed, and nothing lingers.
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls,
    // nodemailer looks names up by itself, and its addresses would be judged by nobody.
    getSocket: (_options, done) => {
      open(server, tls, { ...means, signal }).then(
        (connection) => done(null, { connection, secured: security === 'tls' }),
        (error: Error) => done(error),
      );
    },
  });
  try {
    await transport.sendMail({
      from: { name: 'Lifeguard', address: from },
      to: { name: '', address: mail.to },
      subject: mail.subject,
      text: mail.text,
      messageId: mail.id,
      date: new Date(mail.atMs),
      headers: { 'auto-submitted': 'auto-generated' },
      signal,
    });
    return { kind: 'delivered' };
  } catch (error) {
    if (deadline.aborted) return { kind: 'failed', reason: `not sent within ${means.deadlineMs} ms` };
    if (error instanceof TargetDenied) return { kind: 'failed', reason: error.message };
    return attemptOf(error as NodemailerError);
  } finally {
    transport.close();
  }
}

/** Connects to the first address of the mail server that takes it and that something may be sent to. */
function open(
  { host, port, security }: MailServer,
  tls: ConnectionOptions,
  { resolve, refuse = createTargets(), signal }: MailMeans & { readonly signal: AbortSignal },
): Promise<Socket> {
  return new Promise((done, reject) => {
    refuseAddress(host, refuse);
    const to = { host, port, lookup: allowedLookup(resolve, refuse, signal), signal };
    const socket =
      security === 'tls'
        ? connectTls({ ...to, ...tls }, () => done(socket))
        : connect(to, () => done(socket));
    socket.on('error', reject);
  });
}

/** What is said of the address or of the text is about this mail; all else would befall any other. */
function attemptOf(error: NodemailerError): MailAttempt {
  const { code, originalCode, command, permanent, responseCode } = error;
  const parts = [originalCode ?? codeOf(error), command, responseCode];
  const reason = parts.filter((each) => each !== undefined).join(' ');
  // `API`: the address cannot be written in a command. 421 (RFC 5321 §3.8): the server goes away, whatever it was asked.
  if (code === 'EENVELOPE' && command === 'API') return { kind: 'refused', reason };
  if (code === 'EENVELOPE' && command === 'RCPT TO' && permanent !== undefined && responseCode !== 421)
    return { kind: permanent ? 'refused' : 'deferred', reason };
  return { kind: code === 'EMESSAGE' && permanent === true ? 'refused' : 'failed', reason };
}
