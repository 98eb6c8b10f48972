import { fileInPages, replaced } from '../docs/fences.ts';
import { type DnsAddress, type Resolver, startResolver } from './server/resolver.ts';

/** Starts BIND's named with the forward zone of docs/DEPLOYMENT.md and waits until it answers. It reaches loopback only. */
export async function startBind(zone: string, server: DnsAddress): Promise<Resolver> {
  const forZone = replaced(fileInPages('named.conf'), 'example.com', zone);
  const block = replaced(forZone, '127.0.0.1 port 5300', `${server.address} port ${server.port}`);
  return startResolver({
    program: 'named',
    // -f and not -g: stay in the foreground, and leave logging to the file.
    args: (file) => ['-4', '-f', '-n', '1', '-c', file],
    configuration: (directory, port) =>
      replaced(
        block,
        'options {',
        // query-source: nothing leaves this machine, as what is sent has a loopback source.
        `logging { category default { default_stderr; }; };
controls { };
options {
  directory "${directory}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  query-source address 127.0.0.1;`,
      ),
  });
}
