import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type CertificateWatch,
  endOf,
  PEM_OCTETS_MAX,
  readCertificate,
  watchCertificate,
} from '../../../src/serve/tls/certificate.ts';
import { type KeyPair, makeCertificates } from '../../probe/certificates.ts';

const certificates = makeCertificates();
const CHECK_MS = 20;

let directory: string;
let watch: CertificateWatch | undefined;
const file = (name: string) => join(directory, name);
const files = () => ({ cert: file('cert.pem'), key: file('key.pem') });
const write = ({ cert, key }: KeyPair) => {
  writeFileSync(files().cert, cert);
  writeFileSync(files().key, key);
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-certificate-'));
  write(certificates.good);
});
afterEach(() => {
  watch?.stop();
  rmSync(directory, { recursive: true });
});

function watching() {
  const events = { changed: vi.fn(), unchanged: vi.fn(), failed: vi.fn() };
  watch = watchCertificate(files(), readCertificate(files()), events, CHECK_MS);
  return events;
}

describe('reading', () => {
  test('a certificate with its key is read, and its end is known', () => {
    expect(endOf(readCertificate(files()))).toEqual(new Date('2099-01-01T00:00:00Z'));
  });
  test.each([
    { of: 'a file that is not there', break: () => unlinkSync(files().key), message: /ENOENT/ },
    { of: 'a file without PEM', break: () => writeFileSync(files().cert, 'x'), message: /PEM|no start line/ },
    {
      of: 'a file without a private key',
      break: () => writeFileSync(files().key, 'x'),
      message: /key\.pem is no private key/,
    },
    {
      of: 'an empty file',
      break: () => writeFileSync(files().cert, ''),
      message: /cert\.pem is no certificate/,
    },
    {
      of: 'a file longer than a certificate can be',
      break: () => writeFileSync(files().cert, Buffer.alloc(PEM_OCTETS_MAX + 1)),
      message: /cert\.pem has more than 1048576 octets/,
    },
    {
      of: 'a FIFO, which is not waited for,',
      break: () => {
        unlinkSync(files().key);
        execFileSync('mkfifo', [files().key]);
      },
      message: /key\.pem is a FIFO; it must be a regular file/,
    },
    {
      of: 'a directory',
      break: () => {
        unlinkSync(files().cert);
        mkdirSync(files().cert);
      },
      message: /cert\.pem is a directory; it must be a regular file/,
    },
    {
      of: 'the key of another certificate',
      break: () => writeFileSync(files().key, otherKey()),
      message: /key values mismatch/,
    },
  ])('$of is an error', ({ break: damage, message }) => {
    damage();
    expect(() => readCertificate(files())).toThrow(message);
  });
});

/** A key that belongs to no certificate here. */
const otherKey = () => makeCertificates().good.key;

describe('watching', () => {
  test('a changed certificate is reported once', async () => {
    const { changed, failed } = watching();
    write(certificates.otherName);
    await vi.waitUntil(() => changed.mock.calls.length > 0, { timeout: 40_000 });
    await new Promise((resolve) => setTimeout(resolve, 5 * CHECK_MS));
    expect(changed).toHaveBeenCalledTimes(1);
    expect(String(changed.mock.calls[0]![0].cert)).toBe(certificates.otherName.cert);
    expect(failed).not.toHaveBeenCalled();
  });

  test('a link that is moved to another certificate is followed (as certbot and Kubernetes do it)', async () => {
    const live = { cert: join(directory, 'live.pem'), key: join(directory, 'live.key') };
    symlinkSync(files().cert, live.cert);
    symlinkSync(files().key, live.key);
    writeFileSync(file('next.pem'), certificates.otherName.cert);
    const events = { changed: vi.fn(), unchanged: vi.fn(), failed: vi.fn() };
    watch = watchCertificate(live, readCertificate(live), events, CHECK_MS);
    symlinkSync(file('next.pem'), file('swap'));
    renameSync(file('swap'), live.cert);
    await vi.waitUntil(() => events.changed.mock.calls.length > 0, { timeout: 40_000 });
    expect(String(events.changed.mock.calls[0]![0].cert)).toBe(certificates.otherName.cert);
  });

  test('each change to broken files is reported once, and good files after them are used', async () => {
    const { changed, failed } = watching();
    writeFileSync(files().cert, 'broken');
    await vi.waitUntil(() => failed.mock.calls.length === 1, { timeout: 40_000 });
    unlinkSync(files().cert);
    await vi.waitUntil(() => failed.mock.calls.length === 2, { timeout: 40_000 });
    await new Promise((resolve) => setTimeout(resolve, 5 * CHECK_MS));
    expect(failed).toHaveBeenCalledTimes(2);
    expect(changed).not.toHaveBeenCalled();
    write(certificates.selfSigned);
    await vi.waitUntil(() => changed.mock.calls.length > 0, { timeout: 40_000 });
    expect(String(changed.mock.calls[0]![0].cert)).toBe(certificates.selfSigned.cert);
  });

  test('files that are rewritten with the same content are not reported', async () => {
    const { changed, failed } = watching();
    for (let i = 1; i <= 3; i += 1) {
      write(certificates.good);
      utimesSync(files().cert, i, i);
      await new Promise((resolve) => setTimeout(resolve, 3 * CHECK_MS));
    }
    expect(changed).not.toHaveBeenCalled();
    expect(failed).not.toHaveBeenCalled();
  });

  test('no change is reported after stop()', async () => {
    const { changed, failed } = watching();
    watch!.stop();
    write(certificates.otherName);
    await new Promise((resolve) => setTimeout(resolve, 5 * CHECK_MS));
    expect(changed).not.toHaveBeenCalled();
    expect(failed).not.toHaveBeenCalled();
  });
});
