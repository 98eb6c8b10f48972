import type { Config, ListenAddress } from '../../config/config.ts';
import type { Listening } from './messages.ts';

/** Returns a configuration with the ports that a running server chose where 0 is configured. */
export function withPorts(config: Config, listening: Listening): Config {
  const { dns, api } = config;
  const { tls, https } = dns;
  return {
    ...config,
    dns: {
      ...dns,
      listen: chosen(dns.listen, listening.dns),
      ...(tls && { tls: { ...tls, listen: chosen(tls.listen, listening.tls) } }),
      ...(https && { https: { ...https, listen: chosen(https.listen, listening.https) } }),
    },
    api: { ...api, listen: chosen([api.listen], [listening.api])[0]! },
  };
}

/** Takes the port of the running server where that has the same address in the same place of its list. */
function chosen(configured: readonly ListenAddress[], running: readonly ListenAddress[]): ListenAddress[] {
  return configured.map((each, i) => {
    const there = running[i];
    return each.port === 0 && there?.address === each.address ? there : each;
  });
}
