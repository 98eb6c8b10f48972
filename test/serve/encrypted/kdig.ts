import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { needing } from '../../support/run-program.ts';

/** A title of tests with Knot's kdig, which can ask over TLS and HTTPS, and whether they must be left out. */
export const KDIG = needing('kdig', 'knot-dnsutils', 'kdig');

/** What kdig prints for a question to a server; it gives up after 3 s. */
export async function kdig(
  { address, port }: { readonly address: string; readonly port: number },
  ...words: string[]
): Promise<string> {
  const server = [`@${address}`, '-p', String(port), '+retry=0', '+timeout=3'];
  const { stdout, stderr } = await promisify(execFile)('kdig', [...server, ...words]).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stdout + stderr;
}
