/**
 * Starts UDP by the engine of the first argument where the second one stands in its way (start.test.ts), and prints which
 * engine runs and whether it answers, or the error's name.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire, registerHooks } from 'node:module';
import process from 'node:process';
import { startUdp } from '../../../src/serve/udp/start.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { queryWith, tableAnswering } from './answers.ts';

const [engine, hindrance] = process.argv.slice(2) as ['auto' | 'batched' | 'portable', string];
const HINDRANCES: Record<string, () => void> = {
  nothing: () => undefined,
  'no koffi': hideKoffi,
  'no recvmmsg': () => forbid(process.arch === 'x64' ? 299 : 243),
  'no sendmmsg': () => forbid(process.arch === 'x64' ? 307 : 269),
};
HINDRANCES[hindrance]!();

function hideKoffi(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'koffi') throw Object.assign(new Error('no koffi'), { code: 'MODULE_NOT_FOUND' });
      return next(specifier, context);
    },
  });
}

/** Makes the kernel say ENOSYS to a system call by a seccomp filter (seccomp(2)), as a sandbox does. */
function forbid(call: number): void {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const prctl = koffi.load(null).func('prctl', 'int', ['int', 'ulong', 'uintptr_t', 'ulong', 'ulong']);
  const [noNewPrivileges, seccomp, filterMode] = [38, 22, 2];
  const [load, jumpIfEqual, give] = [0x20, 0x15, 0x06];
  const [allow, enosys] = [0x7fff_0000, 0x0005_0000 | 38];
  // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }: the call's number is first in struct seccomp_data.
  const filter = Buffer.alloc(4 * 8);
  for (const [i, [code, ifNot, k]] of [
    [load, 0, 0],
    [jumpIfEqual, 1, call],
    [give, 0, enosys],
    [give, 0, allow],
  ].entries()) {
    filter.writeUInt16LE(code!, i * 8);
    filter.writeUInt8(ifNot!, i * 8 + 3);
    filter.writeUInt32LE(k!, i * 8 + 4);
  }
  const own = new Uint8Array(filter).buffer;
  // struct sock_fprog { u16 len; struct sock_filter *filter; }
  const program = new BigUint64Array([4n, BigInt(koffi.address(own))]).buffer;
  if (prctl(noNewPrivileges, 1, 0, 0, 0) !== 0) throw new Error('no_new_privs');
  if (prctl(seccomp, filterMode, Number(koffi.address(program)), 0, 0) !== 0) throw new Error('seccomp');
}

const table = tableAnswering(1);
const none = () => undefined;
try {
  const udp = await startUdp({
    engine,
    workers: 1,
    listen: [{ address: '127.0.0.1', port: 0 }],
    table: table.buffers,
    settings: PLAIN,
    log: { info: none, warn: none, error: none },
  });
  const client = createSocket('udp4');
  client.send(queryWith(1), udp.addresses[0]!.port, '127.0.0.1');
  await once(client, 'message');
  client.close();
  await udp.stop();
  process.stdout.write(`${udp.name} answers`);
} catch (error) {
  process.stdout.write((error as Error).name);
}
