import { concatenated } from '../concatenate.ts';
import { RdataError } from '../rdata-error.ts';
import { RdataReader } from '../rdata-reader.ts';
import { type Token, word } from '../token.ts';
import { numberOctets, scalar } from './field.ts';
import type { Layout } from './layout.ts';

/** The number of the equator and of the prime meridian, in thousandths of a second of arc. */
const ORIGIN = 2 ** 31;
const DEGREE = 3_600_000;
const MINUTE = 60_000;
/** Centimetres of the lowest altitude below 0: 100 km. */
const ALTITUDE_BASE = 10_000_000;
/** The longest size or precision: 9 times 10 to the power of 9 centimetres. */
const PRECISION_MAX = 9e9;
/** Diameter and precisions where the text has none, in metres (RFC 1876 §3). */
const DEFAULTS = { size: 1, precision_horz: 10_000, precision_vert: 10 };

const USAGE =
  'degrees [minutes [seconds]] N|S degrees [minutes [seconds]] E|W altitude[m] [size[m] [horizontal precision[m] [vertical precision[m]]]]';

interface Axis {
  readonly name: string;
  readonly positive: string;
  readonly negative: string;
  readonly degreesMax: number;
}
const LATITUDE: Axis = { name: 'latitude', positive: 'N', negative: 'S', degreesMax: 90 };
const LONGITUDE: Axis = { name: 'longitude', positive: 'E', negative: 'W', degreesMax: 180 };

interface Angle {
  readonly degrees: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly direction: string;
}

/** A place on the earth (RFC 1876). Of a size or precision the first digit counts, as in BIND. */
export const location: Layout = {
  members: ['lat', 'long']
    .flatMap((axis) => ['degrees', 'minutes', 'seconds', 'direction'].map((part) => `${axis}_${part}`))
    .concat('altitude', Object.keys(DEFAULTS)),
  encode(words) {
    const texts = words.map(({ raw }) => raw);
    if (words.some(({ quoted }) => quoted)) throw new RdataError(`must be \`${USAGE}\``);
    const latitude = angle(texts, LATITUDE);
    const longitude = angle(texts, LONGITUDE);
    const altitude = metres(texts.shift());
    const lengths = Object.values(DEFAULTS).map((value) => precision(texts.shift() ?? String(value)));
    if (altitude === undefined || texts.length > 0) throw new RdataError(`must be \`${USAGE}\``);
    const above = altitude + ALTITUDE_BASE;
    if (above < 0 || above > 0xffff_ffff)
      throw new RdataError('has an altitude that is not -100000.00 to 42849672.95 m (RFC 1876 §2)');
    return concatenated([
      Uint8Array.of(0, ...lengths),
      ...[latitude, longitude, above].map((value) => numberOctets(value, 4)),
    ]);
  },
  print(rdata) {
    const { latitude, longitude, altitude, lengths } = read(rdata);
    const angles = [latitude, longitude].map(
      ({ degrees, minutes, seconds, direction }) =>
        `${degrees} ${minutes} ${seconds.toFixed(3)} ${direction}`,
    );
    const printed = lengths.map(
      (length) => `${length % 100 === 0 ? length / 100 : (length / 100).toFixed(2)}m`,
    );
    return [...angles, `${(altitude / 100).toFixed(2)}m`, ...printed].join(' ');
  },
  toJson(rdata) {
    const { latitude, longitude, altitude, lengths } = read(rdata);
    const [size, horizontal, vertical] = lengths.map((length) => length / 100);
    return {
      ...Object.fromEntries(Object.entries(latitude).map(([part, value]) => [`lat_${part}`, value])),
      ...Object.fromEntries(Object.entries(longitude).map(([part, value]) => [`long_${part}`, value])),
      altitude: altitude / 100,
      size,
      precision_horz: horizontal,
      precision_vert: vertical,
    };
  },
  toWords(data) {
    const member = (name: string, fallback?: number): Token => {
      const value = data[name] ?? fallback;
      if (value === undefined) throw new RdataError(`needs \`${name}\``);
      return word(scalar(value, name));
    };
    const anglesOf = ['lat', 'long'].flatMap((axis) => [
      member(`${axis}_degrees`),
      member(`${axis}_minutes`, 0),
      member(`${axis}_seconds`, 0),
      member(`${axis}_direction`),
    ]);
    const lengths = Object.entries(DEFAULTS).map(([name, value]) => member(name, value));
    return [...anglesOf, member('altitude', 0), ...lengths];
  },
  names: () => [],
};

/** Takes an angle from the beginning of the words: its number on the wire. */
function angle(words: string[], { name, positive, negative, degreesMax }: Axis): number {
  const parts: number[] = [];
  let next = words.shift();
  while (parts.length < 3 && next !== undefined && /^\d/.test(next)) {
    const isRight = parts.length < 2 ? /^\d{1,3}$/ : /^\d{1,2}(\.\d{0,3})?$/;
    if (!isRight.test(next)) throw new RdataError(`has a ${name} with "${next}"; must be \`${USAGE}\``);
    parts.push(Number(next));
    next = words.shift();
  }
  const direction = next?.toUpperCase();
  if (parts.length === 0 || (direction !== positive && direction !== negative))
    throw new RdataError(`has no ${name} that ends in ${positive} or ${negative}; must be \`${USAGE}\``);
  const [degrees = 0, minutes = 0, seconds = 0] = parts;
  const value = degrees * DEGREE + minutes * MINUTE + Math.round(seconds * 1_000);
  if (minutes > 59 || seconds >= 60 || value > degreesMax * DEGREE)
    throw new RdataError(
      `has a ${name} of more than ${degreesMax} degrees, 59 minutes or 59.999 seconds (RFC 1876 §3)`,
    );
  return direction === positive ? ORIGIN + value : ORIGIN - value;
}

/** Centimetres of a length in metres; undefined: it is none. */
function metres(text: string | undefined): number | undefined {
  const [, sign, whole, part = ''] = /^([+-]?)(\d{1,8})(?:\.(\d{0,2}))?m?$/i.exec(text ?? '') ?? [];
  if (whole === undefined) return undefined;
  const value = Number(whole) * 100 + Number(part.padEnd(2, '0'));
  return sign === '-' ? -value : value;
}

/** The octet of a length: its first digit, and how many zeros follow in centimetres (RFC 1876 §2). */
function precision(text: string): number {
  const value = metres(text);
  if (value === undefined || value < 0 || value > PRECISION_MAX)
    throw new RdataError(`has "${text}" for a size or precision; 0.00 to 90000000.00 m (RFC 1876 §2)`);
  const digits = String(value);
  return (Number(digits[0]) << 4) | (digits.length - 1);
}

function read(octets: Uint8Array) {
  const rdata = new RdataReader(octets);
  if (rdata.number(1) !== 0) throw new RdataError('is of a version that is not 0');
  const lengths = [...rdata.take(3)].map((octet) => {
    const [digit, zeros] = [octet >> 4, octet & 0xf];
    if (digit > 9 || zeros > 9 || (digit === 0 && zeros > 0)) throw new RdataError('has a broken precision');
    return digit * 10 ** zeros;
  });
  const latitude = angleOf(rdata.number(4), LATITUDE);
  const longitude = angleOf(rdata.number(4), LONGITUDE);
  const altitude = rdata.number(4) - ALTITUDE_BASE;
  rdata.end();
  return { latitude, longitude, altitude, lengths };
}

function angleOf(wire: number, { name, positive, negative, degreesMax }: Axis): Angle {
  const value = Math.abs(wire - ORIGIN);
  if (value > degreesMax * DEGREE) throw new RdataError(`has a ${name} of more than ${degreesMax} degrees`);
  return {
    degrees: Math.floor(value / DEGREE),
    minutes: Math.floor((value % DEGREE) / MINUTE),
    seconds: (value % MINUTE) / 1_000,
    direction: wire < ORIGIN ? negative : positive,
  };
}
