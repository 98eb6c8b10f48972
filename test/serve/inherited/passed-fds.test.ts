/** File descriptors go from one process to another; here both ends are in one. */
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inheritedSockets } from '../../../src/serve/inherited/inherited-sockets.ts';
import { describeSocket, openSockets } from '../../../src/serve/inherited/open-sockets.ts';
import { FDS_MAX, openFdReceiver, sendFds } from '../../../src/serve/inherited/passed-fds.ts';
import { openLibc } from '../../../src/serve/udp/socket/libc.ts';
import { openSocket } from '../../../src/serve/udp/socket/socket.ts';

const libc = openLibc();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-fds-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('passed file descriptors', () => {
  test('arrive as other descriptors of the same files, in order, a message at a time', () => {
    const path = join(directory, 'receiver');
    const receiver = openFdReceiver(libc, path);
    const here = openSync('/proc/self/exe', 'r');
    const there = openSync('/dev/null', 'r');
    expect(receiver.receive()).toBeUndefined();
    sendFds(libc, path, [here, there]);
    sendFds(libc, path, [there]);
    closeSync(here);
    const [first, second] = receiver.receive()!;
    const [third] = receiver.receive()!;
    expect(fstatSync(first!).size).toBeGreaterThan(1_000);
    expect([second, third].map((fd) => fstatSync(fd!).rdev)).toEqual(Array(2).fill(fstatSync(there).rdev));
    expect(receiver.receive()).toBeUndefined();
    // FD_CLOEXEC is 02000000 in the flags that proc(5) shows: no program that this process starts inherits them.
    expect(
      Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${first}`, 'utf8'))![1]!, 8) &
        0o2000000,
    ).not.toBe(0);
    for (const fd of [first!, second!, third!, there]) closeSync(fd);
    receiver.close();
  });

  test(`are ${FDS_MAX} in one message, and not one more`, () => {
    const path = join(directory, 'receiver');
    const receiver = openFdReceiver(libc, path);
    const one = openSync('/dev/null', 'r');
    sendFds(libc, path, Array(FDS_MAX).fill(one));
    const received = receiver.receive()!;
    expect(new Set(received).size).toBe(FDS_MAX);
    for (const fd of received) closeSync(fd);
    expect(() => sendFds(libc, path, Array(FDS_MAX + 1).fill(one))).toThrow(
      `${FDS_MAX + 1} file descriptors; ${FDS_MAX} at most`,
    );
    closeSync(one);
    receiver.close();
  });

  test('need a receiver, and a path that fits a socket address', () => {
    expect(() => sendFds(libc, join(directory, 'nobody'), [0])).toThrow('sendmsg ENOENT');
    expect(() => openFdReceiver(libc, `/${'x'.repeat(108)}`)).toThrow('is too long for the path of a socket');
  });
});

describe('an inherited UDP socket', () => {
  test('has the datagrams that came before it was passed, and its address', () => {
    const path = join(directory, 'receiver');
    const receiver = openFdReceiver(libc, path);
    const opened = openSocket(libc, { address: '::1', port: 0 });
    expect(openSockets(libc)).toContainEqual({
      fd: opened.fd,
      protocol: 'UDP',
      address: '::1',
      port: opened.port,
    });
    sendFds(libc, path, [opened.fd]);
    libc.close(opened.fd);
    const [fd] = receiver.receive()!;
    const found = describeSocket(libc, fd!)!;
    expect(found).toEqual({ fd, protocol: 'UDP', address: '::1', port: opened.port });
    const closed: number[] = [];
    const inherited = inheritedSockets([found], (each) => closed.push(each));
    expect(inherited.take('TCP', found)).toEqual([]);
    expect(inherited.take('UDP', { address: '::1', port: opened.port + 1 })).toEqual([]);
    expect(inherited.take('UDP', { address: '0:0:0:0:0:0:0:1', port: opened.port })).toEqual([found]);
    expect(inherited.take('UDP', found)).toEqual([]);
    inherited.closeRest();
    expect(closed).toEqual([]);
    inheritedSockets([found], (each) => closed.push(each)).closeRest();
    expect(closed).toEqual([fd]);
    libc.close(fd!);
    receiver.close();
  });

  test('is told apart from files, and from what neither listens nor takes datagrams', () => {
    const file = openSync('/dev/null', 'r');
    expect(describeSocket(libc, file)).toBeUndefined();
    // A TCP socket that does not listen: AF_INET, SOCK_STREAM.
    const stream = libc.socket(2, 1, 0);
    expect(describeSocket(libc, stream)).toBeUndefined();
    libc.close(stream);
    closeSync(file);
    expect(describeSocket(libc, file)).toBeUndefined();
  });
});
