import { isIP } from 'node:net';
import { createTargets, type RefuseTarget, type TargetRules } from '../check/targets.ts';
import type { Problem } from '../input/problem.ts';
import { list, type Mapping, optional, type Sound, section } from '../input/reader.ts';
import type { ReferenceTarget } from '../voting/abstaining.ts';
import type { MailServer, Webhook } from './notified.ts';
import type { Prefix } from './prefix.ts';
import { prefix } from './prefix.ts';

/** Maximum number of prefixes in each of the two lists. */
export const TARGET_PREFIXES_MAX = 256;

const fields = {
  allow: optional(list(prefix, 0, TARGET_PREFIXES_MAX), []),
  deny: optional(list(prefix, 0, TARGET_PREFIXES_MAX), []),
};

/** Reads the section `targets`. */
export const targets = section(fields);

/** Makes the rules of a section without problems. */
export function targetRulesOf({ allow, deny }: Sound<Mapping<typeof fields>>): TargetRules {
  return { allow, deny };
}

/** Finds prefixes that are both allowed and denied, and settings with an address that is denied. */
export function targetProblems(
  { allow, deny }: Partial<Mapping<typeof fields>>,
  webhooks: readonly Webhook[],
  references: readonly ReferenceTarget[],
  mail?: Pick<MailServer, 'host'>,
): Problem[] {
  if (!allow || !deny) return [];
  const refuse = createTargets({ allow, deny });
  const both = allow.flatMap((each, at) =>
    deny.some((other) => isSame(each, other))
      ? [{ path: `targets.allow[${at}]`, message: 'is in targets.deny as well; remove it from one of them' }]
      : [],
  );
  return [
    ...both,
    ...webhooks.flatMap(({ name, url }) => {
      const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
      return denied(`notifications.webhooks, "${name}"`, host, refuse);
    }),
    ...(mail === undefined ? [] : denied('notifications.smtp.host', mail.host, refuse)),
    ...references.flatMap(({ text, address }) => denied(`monitor.references, "${text}"`, address, refuse)),
  ];
}

function denied(path: string, host: string, refuse: RefuseTarget): Problem[] {
  const message = isIP(host) === 0 ? undefined : refuse(host);
  return message === undefined ? [] : [{ path, message: `must not be used. ${message}` }];
}

function isSame(a: Prefix, b: Prefix): boolean {
  if (a.bits !== b.bits || a.octets.length !== b.octets.length) return false;
  const whole = a.bits >> 3;
  const rest = 8 - (a.bits & 7);
  return (
    Buffer.compare(a.octets.subarray(0, whole), b.octets.subarray(0, whole)) === 0 &&
    (rest === 8 || a.octets[whole]! >> rest === b.octets[whole]! >> rest)
  );
}
