import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { MailServer } from '../../src/config/notified.ts';

/** What a mail server says to lines that begin so; the longest that fits. Undefined: nothing, ever. */
export type Script = Readonly<Record<string, string | undefined>>;

/** A server that takes everything, but for what the script says. `''` is the greeting, `.` the end of a text. */
const WELL: Script = {
  '': '220 mail.example.org ESMTP',
  EHLO: '250 mail.example.org',
  STARTTLS: '220 go on',
  AUTH: '235 welcome',
  'MAIL FROM': '250 ok',
  'RCPT TO': '250 ok',
  DATA: '354 go on',
  '.': '250 kept',
  QUIT: '221 bye',
};

/** A real SMTP server that can be unwell in every way, on loopback, until the test ends. */
export interface ScriptedServer {
  /** As it is configured, without TLS. */
  readonly server: MailServer;
  /** The commands and texts that came, a line each. */
  readonly lines: readonly string[];
}

/** Starts one; with a key and a certificate it takes STARTTLS, or is `secured` from the start. */
export async function startScriptedServer(
  script: Script = {},
  tls?: TLSSocketOptions,
  secured = false,
): Promise<ScriptedServer> {
  const lines: string[] = [];
  const says: Script = {
    ...WELL,
    ...(tls && { EHLO: '250-mail.example.org\r\n250-AUTH PLAIN\r\n250 STARTTLS' }),
    ...script,
  };
  const talk = (socket: Socket, isGreeted: boolean) => {
    let rest = '';
    let isText = false;
    const say = (words: string | undefined) => words !== undefined && socket.write(`${words}\r\n`);
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => {
      const found = (rest + piece.toString()).split('\r\n');
      rest = found.pop()!;
      for (const line of found) {
        lines.push(line);
        if (isText && line !== '.') continue;
        const heard = Object.keys(says)
          .filter((each) => each !== '' && line.startsWith(each))
          .sort((a, b) => b.length - a.length)[0];
        say(heard === undefined ? '500 what?' : says[heard]);
        isText = heard === 'DATA' && says.DATA?.startsWith('354') === true;
        if (heard === 'STARTTLS' && tls !== undefined) {
          socket.removeAllListeners('data');
          talk(overTls(socket, tls), true);
          return;
        }
      }
    });
    if (!isGreeted) say(says['']);
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    talk(secured && tls !== undefined ? overTls(socket, tls) : socket, false);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    lines,
    server: {
      host: '127.0.0.1',
      port,
      security: 'none',
      from: 'lifeguard@example.org',
      to: [],
      filter: {},
    },
  };
}

function overTls(socket: Socket, tls: TLSSocketOptions): TLSSocket {
  socket.on('error', () => {});
  return new TLSSocket(socket, { ...tls, isServer: true, secureContext: createSecureContext(tls) });
}
