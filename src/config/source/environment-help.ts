import { ENVIRONMENT, type EnvironmentVariable } from './environment.ts';

/** What help says of the option --config. */
export const CONFIG_FILE_HELP = `Configuration file (default: ${ENVIRONMENT.LIFEGUARD_CONFIG.fallback})`;

/** Describes environment variables in help, one on each line: those that are named, or all. */
export function environmentHelp(names = Object.keys(ENVIRONMENT) as readonly EnvironmentVariable[]): string {
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const { describes, fallback } = ENVIRONMENT[name];
    return `  ${name.padEnd(width)}  ${describes} (default: ${fallback})`;
  });
  return ['Environment variables, which override the configuration file:', ...lines].join('\n');
}
