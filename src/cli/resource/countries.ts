import { Argument, type Command, InvalidArgumentError } from 'commander';
import { accountPath } from '../account.ts';
import { clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { print, table } from '../print.ts';

/** Regions in the API, with the countries of the request. */
interface Regions {
  readonly regions: readonly {
    readonly region_code: string;
    readonly countries: readonly {
      readonly country_code_a2: string;
      readonly country_name: string;
      readonly country_subdivisions: readonly { readonly subdivision_code_a2: string }[];
    }[];
  }[];
}

/** Adds the command that shows the region of a country. */
export function addCountriesCommand(program: Command): void {
  leaf(program, 'countries', 'Show the region code of countries, for check_regions', 'countries DE')
    .addArgument(
      new Argument('[country]', 'Country code, such as DE (default: all countries)').argParser(countryIn),
    )
    .option('--subdivision <code>', 'Subdivision of a country in two regions, such as CA of US')
    .action(async (country: string | undefined, options: Shared & { readonly subdivision?: string }) => {
      const client = clientOf(options);
      const given = { country_code_a2: country, subdivision_code_a2: options.subdivision };
      const asked = Object.entries(given).filter((each): each is [string, string] => each[1] !== undefined);
      const path = `${await accountPath(client)}/load_balancers/regions?${new URLSearchParams(asked)}`;
      const found = await client.ask<Regions>('GET', path);
      if (found.result.regions.length === 0)
        throw client.missing(`No region has the country ${Object.values(given).filter(Boolean).join(' ')}.`);
      print(found, options, countryTable);
    });
}

function countryIn(text: string): string {
  if (/^[A-Za-z]{2}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the two letters of a country code, such as DE (ISO 3166-1).');
}

function countryTable({ regions }: Regions): string {
  const rows = regions.flatMap(({ region_code: region, countries }) =>
    countries.map(({ country_code_a2: code, country_name: name, country_subdivisions: parts }) => [
      code,
      name,
      region,
      parts.map(({ subdivision_code_a2: part }) => part).join(' '),
    ]),
  );
  return table(['country', 'name', 'region', 'only these parts'], rows);
}
