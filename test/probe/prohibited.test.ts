import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { makeCheck } from './checks.ts';
import { enterOwnNetwork } from './icmp/own-network.ts';

const options = { resolve: createResolve(), ping: createPing() };

// Everything below may only be done to a network that nobody else uses.
const isAlone = enterOwnNetwork();

/** Runs `ip` here, or where a process is. */
function ip(line: string, pid?: number): void {
  const command = ['ip', ...line.split(' ')];
  const [program, ...words] = pid === undefined ? command : ['nsenter', '-t', `${pid}`, '-n', ...command];
  execFileSync(program!, words, { stdio: 'ignore' });
}

describe.runIf(isAlone)('behind a router that prohibits everything', () => {
  /** A network that is the router: its process keeps it. */
  let router: ChildProcess;

  beforeAll(async () => {
    const forward = 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; echo there; exec cat';
    router = spawn('unshare', ['-n', 'sh', '-c', forward]);
    await once(router.stdout!, 'data');
    const { pid } = router;
    ip(`link add near type veth peer name far netns ${pid}`);
    ip('address add 2001:db8::1/64 dev near nodad');
    ip('address add 2001:db8::2/64 dev far nodad', pid);
    ip('link set near up');
    ip('link set far up', pid);
    ip('-6 route add default via 2001:db8::2');
    ip('-6 route add prohibit 2001:db8:1::/64', pid);
  });

  afterAll(() => {
    router.kill('SIGKILL');
  });

  test.each(['tcp', 'http', 'https'] as const)(
    '%s over IPv6: No route to host, as over IPv4, and not a local fault (RFC 4443 §3.1, code 1)',
    async (type) => {
      const check = makeCheck({ type, port: 80 }, { address: '2001:db8:1::1' });
      expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'No route to host' });
    },
  );
});
