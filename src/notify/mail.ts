import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { NodemailerError } from 'nodemailer';
import { createTargets, type RefuseTarget } from '../check/targets.ts';
import type { MailServer } from '../config/notified.ts';
import { serverNameOf } from '../pool/address.ts';
import type { Resolve } from '../probe/dns/resolve.ts';
import { allowedLookup, refuseAddress, TargetDenied } from './allowed-lookup.ts';
import { type Attempt, codeOf } from './attempt.ts';

/** Longest time for one mail, connection and all, milliseconds. */
export const MAIL_DEADLINE_MS = 30_000;
/** Maximum of octets of one reply of the server. A longer one ends the connection. */
export const REPLY_OCTETS_MAX = 16 * 1_024;

/** A mail to one address, so that a fault of one address does not affect others. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Its identifier, by which a mail that arrives twice can be recognized (RFC 5322 §3.6.4). */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** The result of one attempt to send a mail; `deferred`: the server works, and wants the mail for this address later. */
export type MailAttempt = Attempt | { readonly kind: 'deferred'; readonly reason: string };

/** Settings of one attempt to send a mail. */
export interface MailMeans {
  /** Time limit, milliseconds; usually MAIL_DEADLINE_MS. */
  readonly deadlineMs: number;
  readonly resolve: Resolve;
  /** Refuses addresses of the server; absent: the default rules. */
  readonly refuse?: RefuseTarget;
  /** Ends the attempt. */
  readonly signal?: AbortSignal;
  /** Certificates that are trusted, PEM; absent: the runtime's default. */
  readonly authorities?: string;
}

/** Sends one mail to the mail server, over a new connection. The server's certificate must be for its host. Never rejects. */
export async function sendMail(server: MailServer, mail: Mail, means: MailMeans): Promise<MailAttempt> {
  const deadline = AbortSignal.timeout(means.deadlineMs);
  const signal = means.signal ? AbortSignal.any([deadline, means.signal]) : deadline;
  const { host, port, security, login, from } = server;
  const servername = serverNameOf(host);
  const tls: ConnectionOptions = {
    ...(servername !== undefined && { servername }),
    ...(means.authorities !== undefined && { ca: means.authorities }),
  };
  // Loaded with the first mail: most nodes send none.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login && { auth: { user: login.user, pass: login.password } }),
    maxResponseSize: REPLY_OCTETS_MAX,
    // The deadline destroys the connection at once.
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls,
    // nodemailer's own look-up would not judge the addresses.
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

/** Connects to the first allowed address of the mail server that accepts. */
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

/** Returns the result for an error. A refusal of the address or the text is about this mail; all else affects any mail. */
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
