import { expect, test } from 'vitest';
import { explainListen } from '../../../src/commands/exit.ts';

test('a port that needs a privilege: all three ways to it are named', () => {
  const error = Object.assign(new Error('bind EACCES'), {
    code: 'EACCES',
    syscall: 'bind',
    address: '192.0.2.53',
    port: 53,
  });
  const explained = explainListen('Cannot answer DNS', { name: 'LIFEGUARD_DNS_LISTEN', isList: true });
  expect(() => explained(error)).toThrow(
    'Cannot answer DNS at 192.0.2.53:53: permission denied. Give the process CAP_NET_BIND_SERVICE, allow the port to all programs (sysctl net.ipv4.ip_unprivileged_port_start=53), or choose a port of 1024 or more with LIFEGUARD_DNS_LISTEN.',
  );
});
