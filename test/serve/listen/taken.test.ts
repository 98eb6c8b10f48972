import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { boundSockets, findHolder, programName, takenWords } from '../../../src/serve/listen/taken.ts';

// proc_net(5), on a little-endian machine as all are that Node runs on.
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   991        0 21034 2 0000000000000000 0
  101: 0100007F:8001 0100007F:0035 01 00000000:00000000 00:00000000 00000000  1000        0 21035 2 0000000000000000 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:14EC 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 99 1 0 100 0 0 10 0
   1: B80D0120000000000000000007000000:14EC B80D0120000000000000000007000000:9999 01 00000000:00000000 00:00000000 00000000  1000        0 98 1 0 100 0 0 10 0
`;

test('boundSockets lists the sockets that accept anyone', () => {
  expect(boundSockets(UDP, 'UDP')).toEqual([{ address: '127.0.0.53', port: 53, inode: '21034' }]);
  expect(boundSockets(TCP6, 'TCP')).toEqual([{ address: '::1', port: 5356, inode: '99' }]);
});

test('the program that holds an address is found, and the error says what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const inside = { address: '0.0.0.0', port };
  expect(findHolder(inside, 'TCP')).toMatchObject({
    address: '127.0.0.1',
    port,
    program: { pid: process.pid },
  });
  expect(findHolder({ address: '127.0.0.9', port }, 'TCP')).toBeUndefined();
  expect(findHolder(inside, 'UDP')).toBeUndefined();
  const same = takenWords({ address: '127.0.0.1', port }, 'TCP', {
    name: 'LIFEGUARD_DNS_LISTEN',
    isList: true,
  });
  expect(same).toMatch(
    new RegExp(
      `^\\S.* \\(process ${process.pid}\\) listens at 127\\.0\\.0\\.1:${port}, TCP\\. Stop it, or choose another address or port with LIFEGUARD_DNS_LISTEN\\.$`,
    ),
  );
  server.close();
});

test.each([
  ['node-MainThread\n', 'node\0--disable-sigusr1\0/srv/src/lifeguard.js\0all\0', 'lifeguard'],
  ['node\n', '/usr/bin/node\0server.mjs\0', 'server'],
  ['node-MainThread\n', 'node\0', 'node-MainThread'],
  ['named\n', '/usr/sbin/named\0-u\0bind\0', 'named'],
])('%j with the command line %j was called "node-MainThread"; it is %j', (comm, commandLine, name) =>
  expect(programName(comm, commandLine)).toBe(name),
);
