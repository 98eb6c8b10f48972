import process from 'node:process';
import type { CertificateFiles, Config } from '../config/config.ts';
import { formatProblem, type Problem } from '../input/problem.ts';
import { escapeText } from '../pool/plain-text.ts';
import { createTlsMaterial } from '../probe/tls-material.ts';
import { loadLocator } from '../serve/place/load.ts';
import { readCertificate, warnOfOpenKey } from '../serve/tls/certificate.ts';
import { answerSizeWarnings, zoneWarnings } from '../zone/zone-warnings.ts';
import { checkKeptToken } from './admin-token.ts';
import { ExitCode, OperatorError } from './exit.ts';
import { configOf } from './load.ts';
import { redisTls } from './store/redis-options.ts';

/**
 * Runs `lifeguard check-config`: checks the configuration and the files that it names. Prints warnings, and rejects with an
 * OperatorError that lists every problem. Changes nothing.
 */
export async function runCheckConfig(path: string | undefined): Promise<void> {
  const config = configOf(path);
  const { dns, zones } = config;
  const problems = [
    ...tokenProblems(config),
    ...problemsOf('', () => redisTls(config.store.redis)),
    ...certificateProblems(config),
    ...(await probeProblems(config)),
    ...(await geoProblems(config)),
  ];
  if (problems.length > 0) throw new OperatorError(problems.join('\n'), ExitCode.BAD_CONFIGURATION);
  for (const warning of [...zoneWarnings(zones), ...answerSizeWarnings(dns.answerAddressesMax)])
    warn(warning);
  process.stdout.write(
    `The configuration is valid: ${zones.length} ${zones.length === 1 ? 'zone' : 'zones'}.\n`,
  );
}

function warn(text: string): void {
  process.stderr.write(escapeText(`warning: ${text}\n`));
}

/** Checks the token in the data directory, where the configuration has none. */
function tokenProblems({ api, dataDir }: Config): string[] {
  return api.token === undefined ? problemsOf('', () => checkKeptToken(dataDir)) : [];
}

/** Checks the certificates and keys of the listeners. */
function certificateProblems({ dns, api }: Config): string[] {
  const used: [string, CertificateFiles | undefined][] = [
    ['dns.tls', dns.tls],
    ['dns.https', dns.https?.certificate],
    ['api.tls', api.tls],
  ];
  return used.flatMap(([path, files]) => {
    if (files === undefined) return [];
    return problemsOf(path, () => {
      readCertificate(files);
      warnOfOpenKey(files, { warn: (_: object, text?: string) => warn(`${files.key}: ${text}`) });
    });
  });
}

/** Checks the authorities and client certificates that monitors may name. */
async function probeProblems({ monitor }: Config): Promise<string[]> {
  const material = createTlsMaterial(monitor);
  const found: Problem[] = [];
  const attempt = async (path: string, use: Parameters<typeof material.contextOf>[0]) => {
    await material
      .contextOf(use, true)
      .catch((error: unknown) => found.push({ path, message: (error as Error).message }));
  };
  for (const { name } of monitor.authorities) await attempt('monitor.authorities', { authority: name });
  for (const { name } of monitor.clientCertificates)
    await attempt('monitor.client_certificates', { clientCertificate: name });
  return found.map(formatProblem);
}

/** Loads the databases that the configuration names, as a start does. */
async function geoProblems({ geo }: Config): Promise<string[]> {
  if (geo.databases === undefined) return [];
  try {
    await loadLocator(geo).locator;
    return [];
  } catch (error) {
    return [formatProblem({ path: 'geo.database', message: (error as Error).message })];
  }
}

function problemsOf(path: string, look: () => void): string[] {
  try {
    look();
    return [];
  } catch (error) {
    const { message } = error as Error;
    return [path === '' ? message : formatProblem({ path, message })];
  }
}
