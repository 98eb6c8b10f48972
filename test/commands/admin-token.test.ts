import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { keptToken, readAdminToken, TOKEN_FILE_OCTETS_MAX } from '../../src/commands/admin-token.ts';
import { TOKEN_MAX, TOKEN_MIN } from '../../src/config/settings.ts';
import { PROGRAM } from '../support/lifeguard.ts';
import { runProgram } from '../support/run-program.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-token-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('the first start creates a token that only its owner can read, and later starts use it', () => {
  const { token, path, isNew } = keptToken(directory);
  expect({ path, isNew, mode: modeOf(path) }).toEqual({
    path: join(directory, 'admin-token'),
    isNew: true,
    mode: 0o600,
  });
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(readFileSync(path, 'utf8')).toBe(`${token}\n`);
  expect(keptToken(directory)).toEqual({ token, path, isNew: false });
});

test('a token file that others can read is made private', () => {
  const { token, path } = keptToken(directory);
  chmodSync(path, 0o644);
  expect(keptToken(directory)).toEqual({ token, path, isNew: false, wasOpen: '644' });
  expect(modeOf(path)).toBe(0o600);
});

test('a readable file that a crash left behind does not become the token', () => {
  const left = join(directory, 'admin-token.new');
  writeFileSync(left, 'half', { mode: 0o644 });
  const { token, path } = keptToken(directory);
  expect(token).not.toContain('half');
  expect(modeOf(path)).toBe(0o600);
});

const file = () => join(directory, 'admin-token');
const write = (text: string | Buffer) => writeFileSync(file(), text, { mode: 0o600 });
const good = 'a'.repeat(TOKEN_MIN);

test.each([
  { name: 'the shortest token', text: good, token: good },
  { name: 'the longest token', text: 'b'.repeat(TOKEN_MAX), token: 'b'.repeat(TOKEN_MAX) },
  { name: 'a token with white space around it', text: `  ${good} \r\n\n`, token: good },
])('$name is accepted', ({ text, token }) => {
  write(text);
  expect(keptToken(directory)).toEqual({ token, path: file(), isNew: false });
  expect(readAdminToken(file())).toBe(token);
});

test('a link to a token elsewhere is followed', () => {
  const elsewhere = join(directory, 'secret');
  writeFileSync(elsewhere, good, { mode: 0o600 });
  symlinkSync(elsewhere, file());
  expect(keptToken(directory)).toEqual({ token: good, path: file(), isNew: false });
});

describe('an invalid token file is refused with its name and the rule, and is not changed', () => {
  const PRINTABLE = /must be printable ASCII without spaces/;
  test.each([
    { name: 'one letter', make: () => write('x'), rule: /has 1 characters; must have 16 to 512/ },
    { name: 'one too few', make: () => write(good.slice(1)), rule: /has 15 characters; must have 16 to 512/ },
    { name: 'one too many', make: () => write('c'.repeat(TOKEN_MAX + 1)), rule: /has 513 characters/ },
    { name: 'nothing', make: () => write(''), rule: /is empty/ },
    { name: 'white space alone', make: () => write(' \n\t\r\n'), rule: /is empty/ },
    { name: 'NULs', make: () => write(`${good}\0\0`), rule: PRINTABLE },
    { name: 'octets over 127', make: () => write(`${good}é`), rule: PRINTABLE },
    { name: 'octets that are no UTF-8', make: () => write(Buffer.alloc(32, 0xff)), rule: PRINTABLE },
    { name: 'a byte order mark', make: () => write(`\ufeff${good}`), rule: PRINTABLE },
    { name: 'a no-break space at its end', make: () => write(`${good}\u00a0`), rule: PRINTABLE },
    { name: 'UTF-16', make: () => write(Buffer.from(good, 'utf16le')), rule: PRINTABLE },
    { name: 'a space inside', make: () => write(`${good} ${good}`), rule: PRINTABLE },
    { name: 'two lines', make: () => write(`${good}\n${good}\n`), rule: PRINTABLE },
    {
      name: 'more than a token can be',
      make: () => write(`${good}${' '.repeat(TOKEN_FILE_OCTETS_MAX)}`),
      rule: /has more than 4096 octets/,
    },
    { name: 'a directory', make: () => mkdirSync(file()), rule: /is a directory; it must be a regular file/ },
    { name: 'a FIFO', make: () => execFileSync('mkfifo', [file()]), rule: /is a FIFO; it must be a regular/ },
    { name: 'a device', make: () => symlinkSync('/dev/zero', file()), rule: /is a device; it must be a reg/ },
    {
      name: 'a link to nothing',
      make: () => symlinkSync(join(directory, 'none'), file()),
      rule: /is a link to a file that does not exist/,
    },
    { name: 'a link to itself', make: () => symlinkSync(file(), file()), rule: /ELOOP/ },
  ])('$name', ({ make, rule }) => {
    make();
    const tried = (use: () => unknown) => {
      try {
        return use();
      } catch (error) {
        return (error as Error).message;
      }
    };
    const refused = tried(() => keptToken(directory));
    expect(refused).toMatch(rule);
    expect(String(refused).startsWith(`${file()}: `)).toBe(true);
    expect(refused).toBe(tried(() => readAdminToken(file())));
    expect(existsSync(`${file()}.new`)).toBe(false);
  });
});

test('the file of another user is refused, and the error names the owner', () => {
  write(good);
  const own = process.getuid!();
  const other = own + 1;
  // Only root can give a file away; for all others it is enough to be asked as somebody else.
  if (own === 0) chownSync(file(), other, other);
  const asked = vi.spyOn(process, 'getuid').mockReturnValue(own === 0 ? own : other);
  const [owner, user] = own === 0 ? [other, own] : [own, other];
  expect(() => keptToken(directory)).toThrow(
    `${file()}: belongs to user ${owner}. It must belong to user ${user}, who runs this process, or to root`,
  );
  asked.mockRestore();
});

test.each([
  { of: 'a directory', make: () => mkdirSync(file()), says: 'is a directory' },
  { of: 'a FIFO', make: () => execFileSync('mkfifo', [file()]), says: 'is a FIFO' },
  { of: 'one letter', make: () => write('x'), says: 'has 1 characters; must have 16 to 512' },
])('$of in place of the token: serve says so and exits before it answers DNS', async ({ make, says }) => {
  make();
  const { code, stdout, stderr } = await runProgram(
    'env',
    [
      `LIFEGUARD_DATA_DIR=${directory}`,
      'LIFEGUARD_DNS_LISTEN=127.0.0.1:0',
      'LIFEGUARD_API_LISTEN=127.0.0.1:0',
      process.execPath,
      PROGRAM,
      'serve',
    ],
    { timeoutMs: 15_000 },
  );
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`${file()}: ${says}`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
