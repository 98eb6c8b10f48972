import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { addressesOf, addressLines, label, MEMBERS, TTL_SECONDS, ZONE, zoneFile } from '../names.ts';
import type { Launch, Peer, Setup } from '../peer.ts';

/** PowerDNS with plain records, its packet cache on. */
export const powerdnsStatic: Peer = {
  name: 'PowerDNS',
  means: 'static, bind backend, packet cache on',
  program: 'pdns_server',
  version: { args: ['--version'], pattern: /Server (\d\S+)/ },
  tcp: true,
  addressesOf,
  prepare: (setup) => launch(setup, zoneFile(setup.names, addressLines)),
};

const LOCAL = Array.from({ length: MEMBERS }, (_, k) => `127.0.0.${k + 1}`);

/** PowerDNS doing what Lifeguard is for: members whose TCP port is open. */
export const powerdnsLua: Peer = {
  name: 'PowerDNS Lua',
  means: 'ifportup over three local listeners',
  program: 'pdns_server',
  tcp: true,
  // What answers are made of must be reachable, and load goes to loopback only.
  addressesOf: () => LOCAL,
  async prepare(setup) {
    const listeners = await listenEverywhere();
    const { port } = listeners[0]!.address() as AddressInfo;
    const members = LOCAL.map((address) => `'${address}'`).join(', ');
    const zone = zoneFile(setup.names, (i) => [
      `${label(i)}.pools ${TTL_SECONDS} LUA A "ifportup(${port}, { ${members} }, { selector='all' })"`,
    ]);
    const stop = async () => {
      await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
    };
    return { ...launch(setup, zone), stop };
  },
};

function launch({ directory, addresses, port }: Setup, zone: string): Launch {
  writeFileSync(join(directory, 'zone'), zone);
  writeFileSync(
    join(directory, 'named.conf'),
    `zone "${ZONE}" { type master; file "${join(directory, 'zone')}"; };\n`,
  );
  writeFileSync(
    join(directory, 'pdns.conf'),
    `launch=bind
bind-config=${join(directory, 'named.conf')}
local-address=${addresses.join(',')}
local-port=${port}
socket-dir=${directory}
receiver-threads=1
distributor-threads=1
enable-lua-records=yes
# It would ask a name of its maker's on the Internet.
security-poll-suffix=
disable-syslog=yes
loglevel=3
daemon=no
guardian=no
`,
  );
  return { command: 'pdns_server', args: [`--config-dir=${directory}`] };
}

/** Listens on one port of all the members' addresses. */
async function listenEverywhere(): Promise<Server[]> {
  const listeners: Server[] = [];
  let port = 0;
  for (const address of LOCAL) {
    const listener = createServer((socket) => socket.on('error', () => undefined).end());
    listener.listen(port, address);
    await once(listener, 'listening');
    port = (listener.address() as AddressInfo).port;
    listeners.push(listener);
  }
  return listeners;
}
