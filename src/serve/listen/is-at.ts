import type { ListenAddress } from '../../config/config.ts';
import { addressOctets } from './peer.ts';

/** Returns true for the same address and port, however the address is written. */
export function isAt(one: ListenAddress, other: ListenAddress): boolean {
  const octets = ({ address }: ListenAddress) => addressOctets(address).join();
  return one.port === other.port && octets(one) === octets(other);
}
