import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Resolver, startResolver } from '../../support/server/resolver.ts';
import { CORPUS_ZONE } from './corpus.ts';

/** Starts Knot with the zone of the corpus. */
export function startKnot(zone: string): Promise<Resolver> {
  return startResolver({
    program: 'knotd',
    args: (file) => ['-c', file],
    configuration: (directory, port) => {
      writeFileSync(join(directory, 'zone'), zone);
      return `server:
    listen: 127.0.0.1@${port}
    rundir: ${directory}
database:
    storage: ${directory}/db
log:
  - target: stderr
    any: info
acl:
  - id: loopback
    address: 127.0.0.1
    action: transfer
zone:
  - domain: ${CORPUS_ZONE}
    file: ${directory}/zone
    acl: loopback
`;
    },
  });
}

/** Starts NSD with the zone of the corpus. */
export function startNsd(zone: string): Promise<Resolver> {
  return startResolver({
    program: 'nsd',
    args: (file) => ['-d', '-c', file],
    configuration: (directory, port) => {
      writeFileSync(join(directory, 'zone'), zone);
      return `server:
  ip-address: 127.0.0.1@${port}
  do-ip6: no
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  database: ""
  pidfile: ""
  zonelistfile: "${directory}/zone.list"
  xfrdfile: "${directory}/xfrd.state"
  xfrdir: "${directory}"
remote-control:
  control-enable: no
zone:
  name: ${CORPUS_ZONE}
  zonefile: zone
  provide-xfr: 127.0.0.1 NOKEY
`;
    },
  });
}

/** Starts BIND with the zone of the corpus, or another file of the same zone. */
export function startNamed(zone: string): Promise<Resolver> {
  return startResolver({
    program: 'named',
    args: (file) => ['-4', '-f', '-n', '1', '-c', file],
    configuration: (directory, port) => {
      writeFileSync(join(directory, 'zone'), zone);
      return `logging { category default { default_stderr; }; };
controls { };
options {
  directory "${directory}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  recursion no;
  dnssec-validation no;
  zero-no-soa-ttl no;
};
zone "${CORPUS_ZONE}" { type primary; file "zone"; check-names ignore; };
`;
    },
  });
}
