/**
 * The regions of the reference API, and a map of the world to them, so that every place has one. Only part of WNAM is
 * published there; the rest is ours, by the sub-regions of the United Nations. Codes are those of ISO 3166-1 alpha-2
 * and, where a country is split, ISO 3166-2 without the country. Of the countries in SPLIT_COUNTRIES a region has the
 * subdivisions listed; countries elsewhere are whole.
 */
export interface Region {
  readonly code: RegionCode;
  readonly name: string;
  readonly countries: readonly RegionCountry[];
}

/** A country that lies in a region, or a part of it does. */
export interface RegionCountry {
  readonly code: string;
  /** Only of a country that is split. */
  readonly subdivisions?: readonly { readonly code: string; readonly name: string }[];
}

/** Codes of regions, in the reference's order. */
export const REGION_CODES = [
  'WNAM',
  'ENAM',
  'WEU',
  'EEU',
  'NSAM',
  'SSAM',
  'OC',
  'ME',
  'NAF',
  'SAF',
  'SAS',
  'SEAS',
  'NEAS',
] as const;
export type RegionCode = (typeof REGION_CODES)[number];

const NAMES: Readonly<Record<RegionCode, string>> = {
  WNAM: 'Western North America',
  ENAM: 'Eastern North America',
  WEU: 'Western Europe',
  EEU: 'Eastern Europe',
  NSAM: 'Northern South America',
  SSAM: 'Southern South America',
  OC: 'Oceania',
  ME: 'Middle East',
  NAF: 'Northern Africa',
  SAF: 'Southern Africa',
  SAS: 'Southern Asia',
  SEAS: 'Southeast Asia',
  NEAS: 'Northeast Asia',
};

const WHOLE: Readonly<Record<RegionCode, string>> = {
  WNAM: 'HT MX',
  ENAM: 'AG AI AW BB BL BM BQ BS CU CW DM DO GD GL GP JM KN KY LC MF MQ MS PM PR SX TC TT VC VG VI',
  WEU: 'AD AT AX BE CH DE DK ES FI FO FR GB GG GI IE IM IS IT JE LI LU MC MT NL NO PT SE SJ SM VA',
  EEU: 'AL BA BG BY CY CZ EE GR HR HU LT LV MD ME MK PL RO RS RU SI SK UA XK',
  NSAM: 'BZ CO CR EC GF GT GY HN NI PA PE SR SV VE',
  SSAM: 'AR BO BR BV CL FK GS PY UY',
  OC: 'AQ AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS',
  ME: 'AE AM AZ BH GE IL IQ IR JO KW LB OM PS QA SA SY TR YE',
  NAF: 'BF BJ CI CV DJ DZ EG EH ER ET GH GM GN GW LR LY MA ML MR NE NG SD SL SN SO SS TD TG TN',
  SAF: 'AO BI BW CD CF CG CM GA GQ IO KE KM LS MG MU MW MZ NA RE RW SC SH ST SZ TF TZ UG YT ZA ZM ZW',
  SAS: 'AF BD BT IN LK MV NP PK',
  SEAS: 'BN ID KH LA MM MY PH SG TH TL VN',
  NEAS: 'CN HK JP KG KP KR KZ MN MO TJ TM TW UZ',
};

/** Subdivisions in the west of the countries that are split between WNAM and ENAM; all others are in the east. */
const WEST: Readonly<Record<string, string>> = {
  CA: 'AB BC NT SK YT',
  US: 'AK AZ CA CO HI ID KS MN MO MT ND NE NM NV OK OR SD TX UT WA WY',
};

const SUBDIVISIONS: Readonly<Record<string, string>> = {
  CA: `AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|NT
    Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon`,
  US: `AK Alaska|AL Alabama|AR Arkansas|AZ Arizona|CA California|CO Colorado|CT Connecticut|DC District of Columbia|DE
    Delaware|FL Florida|GA Georgia|HI Hawaii|IA Iowa|ID Idaho|IL Illinois|IN Indiana|KS Kansas|KY Kentucky|LA
    Louisiana|MA Massachusetts|MD Maryland|ME Maine|MI Michigan|MN Minnesota|MO Missouri|MS Mississippi|MT Montana|NC
    North Carolina|ND North Dakota|NE Nebraska|NH New Hampshire|NJ New Jersey|NM New Mexico|NV Nevada|NY New York|OH
    Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX
    Texas|UT Utah|VA Virginia|VT Vermont|WA Washington|WI Wisconsin|WV West Virginia|WY Wyoming`,
};

/** Returns the number of a region, from 1 on; 0: unknown. */
export function regionNumber(code: string | undefined): number {
  return REGION_CODES.indexOf(code as RegionCode) + 1;
}

/** Returns the number of a country, which is its two letters; 0: unknown. */
export function countryNumber(code: string | undefined): number {
  return code === undefined ? 0 : (code.charCodeAt(0) << 8) | code.charCodeAt(1);
}

/** Countries of which parts lie in different regions. */
export const SPLIT_COUNTRIES: readonly string[] = Object.keys(SUBDIVISIONS);

/** Every region, with its countries by their codes. */
export const REGIONS: readonly Region[] = REGION_CODES.map((code) => ({
  code,
  name: NAMES[code],
  countries: [...wholeCountries(code), ...splitCountries(code)].sort((a, b) => (a.code < b.code ? -1 : 1)),
}));

function wholeCountries(region: RegionCode): RegionCountry[] {
  return WHOLE[region].split(' ').map((code) => ({ code }));
}

function splitCountries(region: RegionCode): RegionCountry[] {
  if (region !== 'WNAM' && region !== 'ENAM') return [];
  return SPLIT_COUNTRIES.map((code) => {
    const west = WEST[code]!.split(' ');
    const all = SUBDIVISIONS[code]!.replaceAll(/\s+/g, ' ')
      .split('|')
      .map((text) => ({ code: text.slice(0, 2), name: text.slice(3) }));
    return { code, subdivisions: all.filter((part) => west.includes(part.code) === (region === 'WNAM')) };
  });
}

const REGION_OF: ReadonlyMap<string, RegionCode> = new Map(
  REGIONS.flatMap(({ code, countries }) =>
    countries.flatMap((country) =>
      (country.subdivisions ?? [{ code: '' }]).map((part) => [`${country.code}/${part.code}`, code] as const),
    ),
  ),
);

/** Returns true for the code of a country that lies in a region. */
export function isCountry(code: string): boolean {
  return regionOf(code) !== undefined;
}

/**
 * Returns the region of a country, or of a subdivision of one that is split; undefined: there is no such country. The part of a
 * split country that no subdivision names is in the east, as most of its addresses are.
 */
export function regionOf(country: string, subdivision = ''): RegionCode | undefined {
  const found = REGION_OF.get(`${country}/${subdivision}`) ?? REGION_OF.get(`${country}/`);
  return found ?? (SPLIT_COUNTRIES.includes(country) ? 'ENAM' : undefined);
}

const SUBDIVISION_OF: ReadonlyMap<string, string> = new Map(
  REGIONS.flatMap(({ countries }) =>
    countries.flatMap(({ code, subdivisions = [] }) =>
      subdivisions.flatMap((part) =>
        [part.code, part.name].map((text) => [`${code}/${text.toLowerCase()}`, part.code] as const),
      ),
    ),
  ),
);

/** Returns the code of a subdivision by its code or its English name, in any case; undefined: a split country has none of that name. */
export function subdivisionOf(country: string, text: string): string | undefined {
  return SUBDIVISION_OF.get(`${country}/${text.toLowerCase()}`);
}
