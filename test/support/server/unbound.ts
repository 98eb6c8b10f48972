import { fileInPages, replaced } from '../../docs/fences.ts';
import { type DnsAddress, type Resolver, startResolver } from './resolver.ts';

/** Starts unbound with the stub zone of docs/DEPLOYMENT.md, and `lines` in its server clause, and waits until it answers. It reaches loopback only. */
export async function startUnbound(zone: string, server: DnsAddress, lines = ''): Promise<Resolver> {
  const forZone = replaced(fileInPages('unbound.conf'), 'example.com', zone);
  const block = replaced(forZone, '127.0.0.1@5300', `${server.address}@${server.port}`);
  return startUnboundWith(lines, block);
}

/** Starts unbound with these lines in its server clause, and further clauses. It reaches loopback only. */
export function startUnboundWith(lines: string, clauses = ''): Promise<Resolver> {
  return startResolver({
    program: 'unbound',
    args: (file) => ['-d', '-c', file],
    // Nothing leaves this machine: what is sent has a loopback source.
    configuration: (directory, port) => `${clauses}
server:
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-ip6: no
  interface: 127.0.0.1@${port}
  outgoing-interface: 127.0.0.1
  ${lines}
remote-control:
  control-enable: no
`,
  });
}
