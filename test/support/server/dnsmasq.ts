import { fileInPages, replaced } from '../../docs/fences.ts';
import { type DnsAddress, type Resolver, startResolver } from './resolver.ts';

/** Starts dnsmasq with the server line of docs/DEPLOYMENT.md, and further lines, and waits until it answers. It knows no other server. */
export async function startDnsmasq(zone: string, server: DnsAddress, lines = ''): Promise<Resolver> {
  const forZone = replaced(fileInPages('dnsmasq.conf'), 'example.com', zone);
  const block = replaced(forZone, '127.0.0.1#5300', `${server.address}#${server.port}`);
  return startResolver({
    program: 'dnsmasq',
    // It stays in the foreground, as the user it was started by, and writes no pid file.
    args: (file) => ['--no-daemon', `--conf-file=${file}`],
    configuration: (_, port) => `${block}
port=${port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
${lines}
`,
  });
}
