import { createSocket } from 'node:dgram';
import { endianness } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { dropsIn, kernelDrops } from '../../../../src/serve/udp/socket/kernel-drops.ts';
import { hasBatchedCalls, openLibc } from '../../../../src/serve/udp/socket/libc.ts';
import { openSocket } from '../../../../src/serve/udp/socket/socket.ts';

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 3
  101: 0100007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2 2 0 4
  102: 4D00007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 3 2 0 50
  103: 0100007F:14B5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4 2 0 600
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
   10: 00000000000000000000000001000000:14B4 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5 2 0 7
   11: B80D0120000000000000000002000000:14B4 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 6 2 0 80
`;

describe.skipIf(endianness() !== 'LE')('dropsIn counts drops of', () => {
  test.each([
    { what: 'all sockets of an address', table: UDP, at: ['127.0.0.1'], drops: 7 },
    { what: 'several addresses', table: UDP, at: ['127.0.0.1', '127.0.0.77'], drops: 57 },
    { what: 'a wildcard, which may have one socket per address', table: UDP, at: ['0.0.0.0'], drops: 57 },
    { what: 'an address without a socket', table: UDP, at: ['127.0.0.2'], drops: 0 },
    { what: 'IPv6', table: UDP6, at: ['2001:db8::2'], drops: 80 },
    { what: 'IPv6 loopback', table: UDP6, at: ['::1'], drops: 7 },
    { what: 'the IPv6 wildcard', table: UDP6, at: ['::'], drops: 87 },
  ])('$what', ({ table, at, drops }) => {
    expect(
      dropsIn(
        table,
        at.map((address) => ({ address, port: 5300 })),
      ),
    ).toBe(drops);
  });
});

test.skipIf(!hasBatchedCalls())('the kernel counts the packets that a full socket drops', async () => {
  const libc = openLibc();
  const { fd, port } = openSocket(libc, { address: '127.0.0.1', port: 0 });
  const client = createSocket('udp4');
  const drops = () => kernelDrops([{ address: '127.0.0.1', port }])!;
  try {
    expect(drops()).toBe(0);
    const send = promisify((done: (error: Error | null) => void) =>
      client.send(Buffer.alloc(1_400), port, '127.0.0.1', done),
    );
    for (let sent = 0; sent < 20_000 && drops() === 0; sent += 500)
      await Promise.all(Array.from({ length: 500 }, () => send()));
    expect(drops()).toBeGreaterThan(0);
  } finally {
    client.close();
    libc.close(fd);
  }
});
