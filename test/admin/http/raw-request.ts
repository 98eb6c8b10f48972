import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Answer, TestAdmin } from '../server.ts';

/** Sends octets as they are, and reads until the server ends the connection; the last answer. */
export async function raw(api: Pick<TestAdmin, 'port'>, octets: string): Promise<Answer> {
  const socket = connect(api.port, '127.0.0.1');
  socket.write(octets);
  const all = await text(socket);
  const answer = all.slice(all.lastIndexOf('HTTP/1.1 '));
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const fields = head.split('\r\n').slice(1);
  const headers = new Headers(fields.map((field) => field.split(': ', 2) as [string, string]));
  return { status: Number(head.split(' ')[1]), headers, body: JSON.parse(body) };
}
