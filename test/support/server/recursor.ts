import { readFileSync } from 'node:fs';
import { type DnsAddress, type Resolver, startResolver } from './resolver.ts';

/** Starts PowerDNS Recursor, which sends a zone's queries to a server with the client's subnet, and waits until it answers. It reaches loopback only. */
export function startRecursor(zone: string, server: DnsAddress): Promise<Resolver> {
  return startResolver({
    program: 'pdns_recursor',
    // It looks for a file of one name only; what is in it can be said as arguments too.
    args: (file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [`--${line}`])),
    configuration: (directory, port) => `config-dir=${directory}
socket-dir=${directory}
local-address=127.0.0.1
local-port=${port}
query-local-address=127.0.0.1
dont-query=
allow-from=127.0.0.0/8
dnssec=off
security-poll-suffix=
daemon=no
forward-zones=${zone}=${server.address}:${server.port}
edns-subnet-allow-list=127.0.0.1
ecs-add-for=0.0.0.0/0
`,
  });
}
