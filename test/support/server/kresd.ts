import { type DnsAddress, type Resolver, startResolver } from './resolver.ts';

/** Starts Knot Resolver with a zone at a server, and waits until it answers. It reaches loopback only. */
export function startKresd(zone: string, server: DnsAddress): Promise<Resolver> {
  return startResolver({
    program: 'kresd',
    args: (file) => ['-n', '-q', '-c', file, '.'],
    configuration: (_, port) => `
net.listen('127.0.0.1', ${port}, { kind = 'dns' })
net.outgoing_v4('127.0.0.1')
net.ipv6 = false
trust_anchors.remove('.')
cache.size = 10 * MB
policy.add(policy.suffix(policy.STUB({'${server.address}@${server.port}'}), policy.todnames({'${zone}.'})))
`,
  });
}
