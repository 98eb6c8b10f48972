import type { Check } from '../../check/check.ts';
import { withDeadline } from '../deadline.ts';
import { DeadlineExceeded, MonitorConfigError, PortUnreachable } from '../failure.ts';
import { type Finding, GOOD, type Means } from '../finding.ts';
import { exchangeUdp } from '../udp.ts';

/** A closed port's message is waited for this many times as long as the ping took, as it takes the same way. */
const PINGS_OF_WAIT = 3;
/** Shortest and longest wait, milliseconds; half of the timeout, where that is less than the longest. */
export const WAIT_MIN_MS = 100;
export const WAIT_MAX_MS = 1_000;

/** One octet, since not everything that reads datagrams expects an empty one. */
const DATAGRAM = Uint8Array.of(0);

/** Returns how long a port-unreachable is awaited after a ping that took `pingMs`, milliseconds. */
export function unreachableWaitMs(pingMs: number, timeoutMs: number): number {
  return Math.min(Math.max(WAIT_MIN_MS, PINGS_OF_WAIT * pingMs), WAIT_MAX_MS, timeoutMs / 2);
}

/**
 * A ping, then a datagram to the port. Only an ICMP port-unreachable that comes back within the wait makes it fail: any
 * answer ends the wait, and none at all is as good, also when the attempt's own time ends first. A host may limit how
 * often it says unreachable (Linux: net.ipv4.icmp_ratelimit), so a closed port may look open when it is asked often.
 */
export async function attemptUdpIcmp(check: Check, address: string, means: Means): Promise<Finding> {
  const { signal, ping, entered } = means;
  const { port, monitor } = check;
  if (port === 0) throw new MonitorConfigError('there is no port to send to');
  entered('icmp');
  const startedMs = performance.now();
  await ping(address, signal);
  const rttMs = performance.now() - startedMs;
  const waitMs = unreachableWaitMs(rttMs, monitor.timeoutSeconds * 1_000);
  const exchange = { address, port, octets: DATAGRAM, isAnswer: () => true };
  try {
    await withDeadline(waitMs, signal, (waiting) => exchangeUdp(exchange, waiting));
  } catch (error) {
    if (error instanceof PortUnreachable) return { reason: 'UDP Port Unreachable', responseCode: 0, rttMs };
    if (!(error instanceof DeadlineExceeded) && !cameBack(error)) throw error;
  }
  return { ...GOOD, rttMs };
}

/** Whether an error is another ICMP message that the socket read, and not one of sending. */
function cameBack(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'recvmsg';
}
