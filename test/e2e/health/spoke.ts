import { execFileSync } from 'node:child_process';

/** Addresses of a test's network and of another one that is connected with it (TEST-NET-1, RFC 5737). */
export const HUB = '192.0.2.1';
export const SPOKE = '192.0.2.2';

/** Runs `ip` in this network. */
export function ip(...args: string[]): Buffer {
  return execFileSync('ip', args, { stdio: 'pipe' });
}

/** Runs `ip` in the network of a process. */
export function ipOf(pid: number, ...args: string[]): Buffer {
  return execFileSync('nsenter', ['--net', '--target', String(pid), 'ip', ...args], { stdio: 'pipe' });
}

/** Connects the network of a process with this one. The link is `hub` here and `spoke` there. */
export function plugIn(pid: number): void {
  ip('link', 'add', 'hub', 'type', 'veth', 'peer', 'name', 'spoke', 'netns', String(pid));
  ip('address', 'add', `${HUB}/24`, 'dev', 'hub');
  ip('link', 'set', 'hub', 'up');
  ipOf(pid, 'link', 'set', 'lo', 'up');
  ipOf(pid, 'address', 'add', `${SPOKE}/24`, 'dev', 'spoke');
  ipOf(pid, 'link', 'set', 'spoke', 'up');
  ipOf(pid, 'route', 'add', 'default', 'via', HUB);
}
