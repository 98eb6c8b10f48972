import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Answer, TestAdmin } from '../server.ts';

/** Sends octets as they are and reads the one answer, until the server ends the connection. */
export async function raw(api: Pick<TestAdmin, 'port'>, octets: string): Promise<Answer> {
  const socket = connect(api.port, '127.0.0.1');
  socket.write(octets);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  const fields = head.split('\r\n').slice(1);
  const headers = new Headers(fields.map((field) => field.split(': ', 2) as [string, string]));
  return { status: Number(head.split(' ')[1]), headers, body: JSON.parse(body) };
}
