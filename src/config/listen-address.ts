import { BlockList, isIP, isIPv4 } from 'node:net';
import { TextError } from '../input/reader.ts';
import type { ListenAddress } from './config.ts';

/** Parses `192.0.2.1:53` or `[2001:db8::1]:53`, port 0 to 65535. Throws TextError. */
export function parseListenAddress(text: string): ListenAddress {
  const found = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (found === null) throw new TextError('is not address:port, with an IPv6 address in brackets');
  const address = found[1] ?? found[2]!;
  // A zone id (`fe80::1%eth0`) is refused: its meaning changes with the machine's interfaces.
  if (isIP(address) === 0 || address.includes('%'))
    throw new TextError(`has the address "${address}", which is not an IP address`);
  const port = Number(found[3]);
  if (port > 0xffff) throw new TextError(`has port ${port}; 65535 at most`);
  return { address, port };
}

/** Formats an address as `192.0.2.1:53` or `[2001:db8::1]:53`. */
export function formatListenAddress({ address, port }: ListenAddress): string {
  return isIPv4(address) ? `${address}:${port}` : `[${address}]:${port}`;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Returns true when only this machine can reach an address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), also an IPv4-mapped one. */
export function isLoopback(address: string): boolean {
  return loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/** Returns true for the address that means every address of the machine in its family. */
export function isEveryAddress(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}

/** Returns true when two listeners conflict: they have the same port, and the same address or one of them has every address of the family. */
export function isSamePlace(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port !== other.port || isIPv4(one.address) !== isIPv4(other.address)) return false;
  return one.address === other.address || isEveryAddress(one.address) || isEveryAddress(other.address);
}
