import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressesOf, addressLines, ZONE, zoneFile } from '../names.ts';
import type { Peer } from '../peer.ts';

/** A server of static zones, known to be fast. */
export const nsd: Peer = {
  name: 'NSD',
  means: 'static, no rate limit',
  program: 'nsd',
  version: { args: ['-v'], pattern: /NSD version (\S+)/ },
  tcp: true,
  addressesOf,
  prepare({ directory, addresses: [v4, v6], port, names }) {
    writeFileSync(join(directory, 'zone'), zoneFile(names, addressLines));
    const config = join(directory, 'nsd.conf');
    writeFileSync(
      config,
      `server:
  server-count: 1
  ip-address: ${v4}@${port}
  ip-address: ${v6}@${port}
  username: ""
  chroot: ""
  database: ""
  zonesdir: "${directory}"
  pidfile: "${join(directory, 'pid')}"
  xfrdfile: "${join(directory, 'xfrd')}"
  xfrdir: "${directory}"
  zonelistfile: "${join(directory, 'list')}"
  cookie-secret-file: "${join(directory, 'cookies')}"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: ${ZONE}
  zonefile: zone
`,
    );
    return { command: 'nsd', args: ['-d', '-c', config] };
  },
};
