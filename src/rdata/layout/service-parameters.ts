import { ipv4Octets, ipv6Octets } from '../../dns/address-octets.ts';
import { characterString, quoted, unescaped } from '../character-string.ts';
import { concatenated } from '../concatenate.ts';
import { CHARACTER_STRING_OCTETS_MAX, RDATA_OCTETS_MAX, RdataError } from '../rdata-error.ts';
import { RdataReader } from '../rdata-reader.ts';
import { type Token, tokenize } from '../token.ts';
import { base64Octets } from './encoded-octets.ts';
import { type FieldKind, formatIpv4, formatIpv6, numberOctets, text, wholeNumber } from './field.ts';

/** Numbers of the parameters of HTTPS and SVCB with a name of their own (RFC 9460 §14.3.2, RFC 9461 §5). */
export const ServiceKey = {
  mandatory: 0,
  alpn: 1,
  'no-default-alpn': 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
} as const;

/** Reserved, so that no parameter has it (RFC 9460 §14.3.2). */
const KEY_INVALID = 0xffff;
const nameOf = new Map<number, string>(Object.entries(ServiceKey).map(([name, key]) => [key, name]));

/** The value of a hint that stands for the addresses which the target has at the moment. On the wire it has no octets, which no other hint has. */
const AUTO = 'auto';
const NOTHING = new Uint8Array(0);

/** A parameter as rdata has it. */
export interface ServiceParameter {
  readonly key: number;
  readonly value: Uint8Array;
}

/** How the value of a key is written. */
interface ValueForm {
  /** From the text between or without quotes, escapes not yet undone; undefined: there is no `=`. */
  readonly encode: (raw: string | undefined) => Uint8Array;
  /** With its quotes; empty: there is no `=`. */
  readonly print: (value: Uint8Array) => string;
}

const opaque: ValueForm = {
  encode: (raw) => (raw === undefined ? NOTHING : unescaped(raw)),
  print: (value) => (value.length === 0 ? '' : quoted(value)),
};

/** Items between commas (RFC 9460 appendix A.1). A backslash, which the outer layer has left, keeps a comma in its item. */
const alpn: ValueForm = {
  encode: (raw) => {
    const items = commaItems(unescaped(needed(raw)));
    if (items.some(({ length }) => length === 0 || length > CHARACTER_STRING_OCTETS_MAX))
      throw new RdataError(`has an item that is not 1 to ${CHARACTER_STRING_OCTETS_MAX} octets`);
    return concatenated(items.map(characterString));
  },
  print: (value) => {
    const from = new RdataReader(value);
    const items: string[] = [];
    do {
      const item = from.characterString();
      if (item.length === 0) throw new RdataError('has an empty item');
      items.push(Buffer.from(item).toString('latin1').replaceAll(/[\\,]/g, '\\$&'));
    } while (from.left > 0);
    return quoted(Buffer.from(items.join(','), 'latin1'));
  },
};

/** Keys by their names, in the order of their numbers. */
const mandatory: ValueForm = {
  encode: (raw) => {
    const keys = needed(raw)
      .split(',')
      .map(keyOf)
      .sort((a, b) => a - b);
    return concatenated(keys.map((key) => numberOctets(key, 2)));
  },
  print: (value) => numbers(value, 2).map(keyName).join(','),
};

const port: ValueForm = {
  encode: (raw) => {
    const value = wholeNumber(needed(raw), 0xffff);
    if (value === undefined) throw new RdataError('is not 0 to 65535');
    return numberOctets(value, 2);
  },
  print: (value) => {
    if (value.length !== 2) throw new RdataError('is not 2 octets');
    return String(numbers(value, 2)[0]);
  },
};

const ech: ValueForm = {
  encode: (raw) => base64Octets(needed(raw), 'value'),
  print: (value) => {
    if (value.length === 0) throw new RdataError('is empty');
    return Buffer.from(value).toString('base64');
  },
};

const dohpath: ValueForm = {
  encode: (raw) => checkedPath(unescaped(needed(raw))),
  print: (value) => quoted(checkedPath(value)),
};

/** A template of a path, with the variable `dns` (RFC 9461 §5). */
function checkedPath(value: Uint8Array): Uint8Array {
  const path = Buffer.from(value).toString();
  if (!path.startsWith('/') || !/\{[^}]*\bdns\b[^}]*\}/.test(path))
    throw new RdataError('is not a path with the variable dns: "/dns-query{?dns}" (RFC 9461 §5)');
  return value;
}

const noDefaultAlpn: ValueForm = {
  encode: (raw) => {
    if (raw !== undefined && raw !== '') throw new RdataError('can have no value');
    return NOTHING;
  },
  print: (value) => {
    if (value.length > 0) throw new RdataError('can have no value');
    return '';
  },
};

function hints(
  family: string,
  octets: number,
  read: (address: string) => Uint8Array | undefined,
  print: (address: Uint8Array) => string,
): ValueForm {
  return {
    encode: (raw) => {
      if (needed(raw) === AUTO) return NOTHING;
      return concatenated(
        needed(raw)
          .split(',')
          .map((address) => {
            const found = read(address);
            if (found === undefined)
              throw new RdataError(`has "${address}", which is not an ${family} address`);
            return found;
          }),
      );
    },
    print: (value) => {
      if (value.length === 0) return AUTO;
      const from = new RdataReader(value);
      const addresses: string[] = [];
      while (from.left > 0) addresses.push(print(from.take(octets)));
      return addresses.join(',');
    },
  };
}

const forms = new Map<number, ValueForm>([
  [ServiceKey.mandatory, mandatory],
  [ServiceKey.alpn, alpn],
  [ServiceKey['no-default-alpn'], noDefaultAlpn],
  [ServiceKey.port, port],
  [ServiceKey.ipv4hint, hints('IPv4', 4, ipv4Octets, formatIpv4)],
  [ServiceKey.ech, ech],
  [ServiceKey.ipv6hint, hints('IPv6', 16, ipv6Octets, formatIpv6)],
  [ServiceKey.dohpath, dohpath],
]);
const formOf = (key: number) => forms.get(key) ?? opaque;

function needed(raw: string | undefined): string {
  if (raw === undefined || raw === '') throw new RdataError('needs a value');
  return raw;
}

/** The number of a key from its name, or from `key` and its number without leading zeros (RFC 9460 §2.1). Throws RdataError. */
function keyOf(name: string): number {
  const known = Object.hasOwn(ServiceKey, name) ? ServiceKey[name as keyof typeof ServiceKey] : undefined;
  const number = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1];
  const key = known ?? Number(number ?? KEY_INVALID);
  if (key >= KEY_INVALID)
    throw new RdataError(
      `has the parameter "${name}", which is none of ${[...nameOf.values()].join(', ')}, and not "key" with a number from 0 to ${KEY_INVALID - 1}`,
    );
  return key;
}

const keyName = (key: number) => nameOf.get(key) ?? `key${key}`;

function numbers(value: Uint8Array, octets: number): number[] {
  const from = new RdataReader(value);
  const found: number[] = [];
  while (from.left > 0) found.push(from.number(octets));
  return found;
}

/** Splits at commas without a backslash before them, and undoes backslashes before commas and backslashes. */
function commaItems(octets: Uint8Array): Uint8Array[] {
  const items: string[] = [''];
  for (const [part] of Buffer.from(octets)
    .toString('latin1')
    .matchAll(/[^\\,]+|\\[\\,]|[\\,]/g)) {
    if (part === '\\') throw new RdataError('has a backslash that is before no comma and no other backslash');
    if (part === ',') items.push('');
    else items[items.length - 1] += part.startsWith('\\') ? part.slice(1) : part;
  }
  return items.map((item) => Buffer.from(item, 'latin1'));
}

/** Reads the parameters that a record has, in the order of their keys. Throws RdataError. */
export function parametersOf(from: RdataReader): ServiceParameter[] {
  const found: ServiceParameter[] = [];
  while (from.left > 0) {
    const key = from.number(2);
    if (key <= (found.at(-1)?.key ?? -1) || key === KEY_INVALID)
      throw new RdataError('has parameters in the wrong order');
    found.push({ key, value: from.take(from.number(2)) });
  }
  return found;
}

/** Encodes parameters in the order of their keys. */
export function parametersOctets(parameters: readonly ServiceParameter[]): Uint8Array {
  return concatenated(
    parameters.flatMap(({ key, value }) => [numberOctets(key, 2), numberOctets(value.length, 2), value]),
  );
}

function parameter(words: readonly [Token, Token?]): ServiceParameter {
  const [first, second] = words;
  const equals = first.raw.indexOf('=');
  const name = equals === -1 ? first.raw : first.raw.slice(0, equals);
  if (first.quoted) throw new RdataError('has a parameter in quotes; only its value may have them');
  const key = keyOf(name);
  // A key by its number has any octets (RFC 9460 §2.1), which must be right for it.
  const form = Object.hasOwn(ServiceKey, name) ? formOf(key) : opaque;
  const before = equals === -1 ? undefined : first.raw.slice(equals + 1);
  if (second !== undefined && before !== '')
    throw new RdataError(`has a quote inside the value of ${name}, which must be all in quotes or none`);
  return inParameter(name, () => {
    const value = form.encode(second?.raw ?? before);
    if (value.length > RDATA_OCTETS_MAX) throw new RdataError('is too long');
    // What has no octets would be `auto`, which only the name of a hint can say.
    if (form === opaque && formOf(key).print(value) === AUTO) throw new RdataError('needs a value');
    return { key, value };
  });
}

function inParameter<T>(name: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof RdataError)
      throw new RdataError(`has the parameter ${name}, which ${error.message}`);
    throw error;
  }
}

/** Groups words into parameters: a value in quotes is a word of its own. */
function grouped(words: readonly Token[]): [Token, Token?][] {
  const groups: [Token, Token?][] = [];
  for (const each of words) {
    const last = groups.at(-1);
    if (!each.isGlued || last === undefined) groups.push([each]);
    else if (each.quoted && last[1] === undefined) last[1] = each;
    else throw new RdataError('has parameters without a space between them');
  }
  return groups;
}

/** The rules of a list of parameters (RFC 9460 §2.2, §7.1.1, §8). */
function checkParameters(parameters: readonly ServiceParameter[]): void {
  const keys = new Set(parameters.map(({ key }) => key));
  if (keys.has(ServiceKey['no-default-alpn']) && !keys.has(ServiceKey.alpn))
    throw new RdataError('has no-default-alpn, which needs alpn as well (RFC 9460 §7.1.1)');
  const [first] = parameters;
  if (first?.key !== ServiceKey.mandatory) return;
  const needed = numbers(first.value, 2);
  if (needed.includes(ServiceKey.mandatory))
    throw new RdataError('has mandatory, which cannot name itself (RFC 9460 §8)');
  const missing = needed.find((key) => !keys.has(key));
  if (missing !== undefined)
    throw new RdataError(
      `has mandatory, which names ${keyName(missing)}, and no ${keyName(missing)} (RFC 9460 §8)`,
    );
  if (new Set(needed).size < needed.length)
    throw new RdataError('has mandatory, which names a key twice (RFC 9460 §8)');
}

/** The parameters of HTTPS and SVCB (RFC 9460 §2.1). A hint may be `auto`: see AUTO. */
export const serviceParameters: FieldKind = {
  rest: { wordsMin: 0 },
  encode: (words) => {
    const parameters = grouped(words)
      .map(parameter)
      .sort((a, b) => a.key - b.key);
    const twin = parameters.find(({ key }, at) => key === parameters[at + 1]?.key);
    if (twin !== undefined) throw new RdataError(`has ${keyName(twin.key)} twice (RFC 9460 §2.1)`);
    checkParameters(parameters);
    return parametersOctets(parameters);
  },
  print: (rdata) => {
    const parameters = parametersOf(rdata);
    checkParameters(parameters);
    return parameters
      .map(({ key, value }) => {
        const printed = inParameter(keyName(key), () => formOf(key).print(value));
        return printed === '' ? keyName(key) : `${keyName(key)}=${printed}`;
      })
      .join(' ');
  },
  toJson: (rdata) => serviceParameters.print(rdata),
  toWords: (value, label) => tokenize(text(value, label), { hasComments: false, isStrict: false }),
};
