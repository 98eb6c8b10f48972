import Type from 'typebox';
import { REGIONS, type Region } from '../../place/regions.ts';
import { type AdminApp, allowOnly, listParams, objectParams } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { apiError } from '../http/errors.ts';

const LIST = '/load_balancers/regions';
const ONE = `${LIST}/:id`;

const Code = Type.Optional(Type.String({ maxLength: 2 }));
const Regions = Type.Object({
  iso_standard: Type.String(),
  regions: Type.Array(
    Type.Object({
      region_code: Type.String(),
      countries: Type.Array(
        Type.Object({
          country_code_a2: Type.String(),
          country_name: Type.String(),
          country_subdivisions: Type.Array(
            Type.Object({ subdivision_code_a2: Type.String(), subdivision_name: Type.String() }),
          ),
        }),
      ),
    }),
  ),
});

const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** Registers the routes of regions, which only accounts have, below the prefix of `app`. */
export function regionRoutes(app: AdminApp): void {
  const tags = ['regions'];
  app.get(
    LIST,
    {
      schema: {
        tags,
        summary: 'List regions and their countries',
        params: listParams('account'),
        querystring: Type.Object({
          country_code: Code,
          country_code_a2: Code,
          subdivision_code: Code,
          subdivision_code_a2: Code,
        }),
        response: answers(Regions),
      },
    },
    async ({ query }) => {
      const country = query.country_code_a2 ?? query.country_code;
      const subdivision = query.subdivision_code_a2 ?? query.subdivision_code;
      return success(regionsView(onlyWith(REGIONS, country?.toUpperCase(), subdivision?.toUpperCase())));
    },
  );
  allowOnly(app, LIST, ['GET']);

  app.get(
    ONE,
    {
      schema: {
        tags,
        summary: 'Show a region and its countries',
        params: objectParams('account'),
        response: answers(Regions),
      },
    },
    async (request) => {
      const code = request.params.id.toUpperCase();
      const region = REGIONS.find((one) => one.code === code);
      if (region === undefined) throw apiError('notFound');
      return success(regionsView([region]));
    },
  );
  allowOnly(app, ONE, ['GET']);
}

/** Returns the regions of a country or subdivision, with only the requested countries; an empty text selects nothing. */
function onlyWith(
  regions: readonly Region[],
  country: string | undefined,
  subdivision: string | undefined,
): Region[] {
  return regions.flatMap((region) => {
    const countries = region.countries.flatMap(({ code, subdivisions }) => {
      if (country && code !== country) return [];
      if (!subdivision) return [subdivisions === undefined ? { code } : { code, subdivisions }];
      const found = subdivisions?.filter((one) => one.code === subdivision) ?? [];
      return found.length === 0 ? [] : [{ code, subdivisions: found }];
    });
    return countries.length === 0 ? [] : [{ ...region, countries }];
  });
}

function regionsView(regions: readonly Region[]) {
  return {
    iso_standard:
      'Country codes follow ISO 3166-1 alpha-2, subdivision codes ISO 3166-2 without the country before them.',
    regions: regions.map(({ code, countries }) => ({
      region_code: code,
      countries: countries.map((country) => ({
        country_code_a2: country.code,
        country_name: NAMES.of(country.code)!,
        country_subdivisions: (country.subdivisions ?? []).map((part) => ({
          subdivision_code_a2: part.code,
          subdivision_name: part.name,
        })),
      })),
    })),
  };
}
