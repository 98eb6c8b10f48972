import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Certificates for tests, made afresh by openssl: an authority and leaves it signed, all for the same key. */
export interface Certificates {
  /** The authority's certificate. */
  readonly authority: string;
  /** For www.example.org, 127.0.0.1 and ::1. */
  readonly good: KeyPair;
  /** As `good`, but its time is over. */
  readonly expired: KeyPair;
  /** For other.example.com. */
  readonly otherName: KeyPair;
  /** As `good`, signed by itself. */
  readonly selfSigned: KeyPair;
}

export function makeCertificates(): Certificates {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-certificates-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const text = (name: string) => readFileSync(join(dir, name), 'utf8');
  const names = 'subjectAltName=DNS:www.example.org,IP:127.0.0.1,IP:::1';
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority');
    openssl('req', '-new', ...newKey, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=leaf');
    writeFileSync(join(dir, 'index.txt'), '');
    writeFileSync(join(dir, 'index.txt.attr'), 'unique_subject = no\n');
    writeFileSync(
      join(dir, 'ca.cnf'),
      '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\n[p]\nCN=supplied\n',
    );
    const sign = (name: string, san: string, from: string, to: string): KeyPair => {
      writeFileSync(join(dir, `${name}.ext`), san);
      const files = ['-in', 'leaf.csr', '-out', `${name}.pem`, '-extfile', `${name}.ext`];
      const span = ['-startdate', from, '-enddate', to];
      const signer = ['-cert', 'ca.pem', '-keyfile', 'ca.key'];
      openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...signer, ...files, ...span);
      return { key: text('leaf.key'), cert: text(`${name}.pem`) };
    };
    const good = sign('good', names, '20200101000000Z', '20990101000000Z');
    const expired = sign('expired', names, '20200101000000Z', '20210101000000Z');
    const otherName = sign(
      'other',
      'subjectAltName=DNS:other.example.com',
      '20200101000000Z',
      '20990101000000Z',
    );
    const self = ['-key', 'leaf.key', '-out', 'self.pem', '-subj', '/CN=self', '-addext', names];
    openssl('req', '-x509', ...self);
    const selfSigned = { key: text('leaf.key'), cert: text('self.pem') };
    return { authority: text('ca.pem'), good, expired, otherName, selfSigned };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
