import { readFile, stat } from 'node:fs/promises';

/** Octets of a resolv.conf file; a longer one has no options. */
export const RESOLV_CONF_OCTETS_MAX = 64 * 1024;

/** The options of resolv.conf(5) that lookups heed. */
export interface ResolverOptions {
  /** `use-vc`: servers are asked over TCP alone. */
  readonly isOverTcp: boolean;
}

const NONE: ResolverOptions = { isOverTcp: false };

/** Reads the options of a resolv.conf. Several lines of options add up, as in glibc. */
export function parseResolverOptions(text: string): ResolverOptions {
  const words = text.split('\n').flatMap((line) => {
    const [keyword, ...options] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    return keyword === 'options' ? options : [];
  });
  return { isOverTcp: words.includes('use-vc') };
}

/** Reads the options of the file at a path. A file that cannot be read has none. */
export async function readResolverOptions(path: string): Promise<ResolverOptions> {
  try {
    const stats = await stat(path);
    // Reading a FIFO would wait for a writer.
    if (!stats.isFile() || stats.size > RESOLV_CONF_OCTETS_MAX) return NONE;
    return parseResolverOptions(await readFile(path, 'utf8'));
  } catch {
    return NONE;
  }
}
