/** Zones, records and tokens of the dashboard in a real browser, of a real process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type LifeguardProcess, startLifeguard, TOKEN } from '../support/lifeguard.ts';
import { CHROMIUM, openBrowser, openPage, overflow, violations, type Watched } from './browser.ts';
import { HOSTILE, logIn } from './sample-world.ts';

/** Records of the zone that the sample configuration has: more than one page. */
const RECORDS = 120;
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-records-'));
let lifeguard: LifeguardProcess;
let origin: string;
let browser: Browser;
let watched: Watched;
let page: Page;
let zone: string;

async function call(method: string, path: string, body?: object) {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON as it came
  const { errors, result } = (await response.json()) as any;
  expect([method, path, errors]).toEqual([method, path, []]);
  return result;
}

const row = (table: string, text: string) =>
  page.getByRole('table', { name: table, exact: true }).getByRole('row').filter({ hasText: text });
const dialogue = () => page.getByRole('dialog');
const press = (name: string) => dialogue().getByRole('button', { name, exact: true }).click();

/** The browser itself says that a request was refused, which a test wanted. */
const forgetRefusal = () => {
  expect(watched.faults.filter((fault) => !/status of 4\d\d/.test(fault))).toEqual([]);
  watched.faults.length = 0;
};

describe.skipIf(CHROMIUM.missing)(CHROMIUM.title, () => {
  beforeAll(async () => {
    origin = `http://127.0.0.1:${await freePort()}`;
    const environment = { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_API_LISTEN: new URL(origin).host };
    [lifeguard, browser] = await Promise.all([startLifeguard('serve', environment), openBrowser()]);
    zone = (await call('GET', '/client/v4/zones?name=example.com'))[0].id;
    const posts = Array.from({ length: RECORDS }, (_, i) => ({
      type: 'A',
      name: `host-${String(i).padStart(3, '0')}`,
      content: '192.0.2.1',
    }));
    posts.push({ type: 'TXT', name: 'hostile', content: `"${HOSTILE}"` });
    await call('POST', `/client/v4/zones/${zone}/dns_records/batch`, { posts });
    watched = await openPage(browser, origin, { viewport: { width: 1280, height: 900 } });
    page = watched.page;
    await page.goto('/zones');
    await logIn(page);
  });
  afterAll(async () => {
    await browser?.close();
    await lifeguard?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  test('a zone of the configuration file says so, and what it has there is not editable', async () => {
    await row('Zones', 'example.com').getByText('the configuration file').waitFor();
    await page.getByRole('link', { name: 'example.com', exact: true }).click();
    await page.getByText('Change it there.').waitFor();
    await row('Settings', 'Name servers').getByText('ns1.example.com').waitFor();
    expect(await page.getByRole('button', { name: /Change the settings|Delete the zone/ }).count()).toBe(0);
  });

  test('records are found, selected by type, ordered, and shown by page', async () => {
    await row('Records', 'host-000').waitFor();
    await page.getByText('Page 1 of 2').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await row('Records', 'host-119').waitFor();
    await page.getByRole('combobox', { name: 'Type' }).selectOption('TXT');
    await row('Records', HOSTILE).waitFor();
    await row('Records', 'host-119').waitFor({ state: 'detached' });
    expect(await page.locator('img').count()).toBe(0);
    await page.getByRole('combobox', { name: 'Type' }).selectOption('');
    await page.getByRole('combobox', { name: 'Direction' }).selectOption('desc');
    await row('Records', 'host-119').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('host-04');
    await row('Records', 'host-119').waitFor({ state: 'detached' });
    await row('Records', 'host-042').waitFor();
    expect(new URL(page.url()).search).toBe('?direction=desc&search=host-04');
    await page.getByRole('searchbox', { name: 'Search' }).fill('nothing has this');
    await page.getByText('No record is like this.').waitFor();
    await page.getByRole('link', { name: 'Show all records' }).click();
  });

  test('a record is added, with what the API says beside the field, then edited and deleted', async () => {
    await page.getByRole('button', { name: 'Add a record' }).click();
    await dialogue().getByRole('textbox', { name: 'Name' }).fill('mail');
    await dialogue().getByRole('textbox', { name: 'Content' }).fill('not an address');
    await dialogue().getByLabel('TTL').fill('soon');
    await press('Add');
    const refused = await (
      await fetch(`${origin}/client/v4/zones/${zone}/dns_records`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'A', name: 'mail', content: 'not an address', ttl: 'soon' }),
      })
    ).json();
    const { errors } = refused as { errors: { message: string; source: { pointer: string } }[] };
    for (const { message, source } of errors)
      await dialogue()
        .locator(`[id="problem-${source.pointer.slice(1)}"]`)
        .getByText(message)
        .waitFor();
    await dialogue().getByLabel('TTL').fill('');
    await dialogue().getByRole('combobox', { name: 'Type' }).selectOption('MX');
    await dialogue().getByRole('textbox', { name: 'Content' }).fill('10 mx.example.net');
    await press('Add');
    await dialogue().waitFor({ state: 'detached' });
    forgetRefusal();
    await page.getByRole('searchbox', { name: 'Search' }).fill('mail');
    await row('Records', '10 mx.example.net').getByText('automatic').waitFor();
    await page.getByRole('button', { name: 'Edit mail.example.com MX' }).click();
    await dialogue().getByRole('textbox', { name: 'Content' }).fill('20 mx.example.net');
    await dialogue().getByLabel('Comment').fill(HOSTILE);
    await press('Save');
    await row('Records', '20 mx.example.net').getByText(HOSTILE).waitFor();
    const list = `/client/v4/zones/${zone}/dns_records?type=MX&name=mail.example.com`;
    expect(await call('GET', list)).toMatchObject([
      { name: 'mail.example.com', priority: 20, comment: HOSTILE },
    ]);
    await page.getByRole('button', { name: 'Delete mail.example.com MX' }).click();
    await press('Delete');
    await page.getByText('No record is like this.').waitFor();
  });

  test('a zone is created, its settings are changed, and it is deleted', async () => {
    await page.goto('/zones');
    await page.getByRole('button', { name: 'Create a zone' }).click();
    await dialogue().getByRole('textbox', { name: 'Name' }).fill('example.com');
    await press('Create');
    await dialogue().getByRole('alert').waitFor();
    await dialogue().getByRole('textbox', { name: 'Name' }).fill('example.org');
    await press('Create');
    await page.getByRole('heading', { name: 'example.org', exact: true }).waitFor();
    await page.getByText('There are no records yet.').waitFor();
    await page.getByRole('button', { name: 'Change the settings' }).click();
    await dialogue().getByLabel('Name below which pools answer').fill('p');
    await dialogue().getByLabel('Refresh (SOA)').fill('-1');
    await press('Save');
    await dialogue().locator('[id="problem-soa.refresh"]').waitFor();
    // What was typed stays when the form is refused.
    expect(await dialogue().getByLabel('Refresh (SOA)').inputValue()).toBe('-1');
    await dialogue().getByLabel('Refresh (SOA)').fill('7200');
    await press('Save');
    await row('Settings', 'Refresh (SOA)').getByText('7200 s').waitFor();
    await row('Settings', 'Name below which pools answer').getByText('p', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Delete the zone' }).click();
    await press('Delete');
    await row('Zones', 'example.com').waitFor();
    await row('Zones', 'example.org').waitFor({ state: 'detached' });
    forgetRefusal();
  });

  test('a record of a type without a name is added by the number of its type', async () => {
    await page.goto(`/zones/${zone}`);
    await page.getByRole('button', { name: 'Add a record' }).click();
    await dialogue().getByRole('textbox', { name: 'Name' }).fill('odd');
    await dialogue().getByRole('combobox', { name: 'Type' }).selectOption('another, by number');
    await dialogue().getByRole('textbox', { name: 'Number of the type' }).fill('TYPE');
    await dialogue().getByRole('textbox', { name: 'Content' }).fill('\\# 4 C0000201');
    await press('Add');
    await dialogue().locator('[id="problem-type"]').waitFor();
    await dialogue().getByRole('textbox', { name: 'Number of the type' }).fill('TYPE65280');
    await press('Add');
    await dialogue().waitFor({ state: 'detached' });
    await page.getByRole('searchbox', { name: 'Search' }).fill('odd');
    await row('Records', 'TYPE65280').getByText('\\# 4 c0000201').waitFor();
    await page.getByRole('button', { name: 'Edit odd.example.com TYPE65280' }).click();
    await dialogue().getByText('the number of octets').waitFor();
    await dialogue().getByRole('button', { name: 'Cancel' }).click();
    forgetRefusal();
  });

  test('what somebody else changed in the settings is said, and not replaced without a word', async () => {
    const other = (await call('POST', '/client/v4/zones', { name: 'example.net' })).id;
    const settings = `/lifeguard/v1/zones/${other}/settings`;
    await call('PATCH', settings, { soa: { refresh: 1_000, retry: 100 } });
    await page.goto(`/zones/${other}`);
    await page.getByRole('button', { name: 'Change the settings' }).click();
    // Somebody else changes what this form does not: both are kept.
    await call('PATCH', settings, { ttl: 77, soa: { refresh: 1_000, retry: 200 } });
    await dialogue().getByLabel('Refresh (SOA)').fill('2000');
    await press('Save');
    await dialogue().waitFor({ state: 'detached' });
    expect(await call('GET', settings)).toMatchObject({ ttl: 77, soa: { refresh: 2_000, retry: 200 } });
    await row('Settings', 'Refresh (SOA)').getByText('2000 s').waitFor();
    await page.getByRole('button', { name: 'Change the settings' }).click();
    await call('PATCH', settings, { soa: { refresh: 3_000, retry: 200 } });
    await dialogue().getByLabel('Refresh (SOA)').fill('4000');
    await press('Save');
    await dialogue().locator('[id="problem-soa.refresh"]').getByText('changed this to “3000”').waitFor();
    expect(await call('GET', settings)).toMatchObject({ soa: { refresh: 3_000 } });
    await press('Save');
    await dialogue().waitFor({ state: 'detached' });
    expect(await call('GET', settings)).toMatchObject({ ttl: 77, soa: { refresh: 4_000, retry: 200 } });
    await call('DELETE', `/client/v4/zones/${other}`);
    forgetRefusal();
  });

  test('a token is made, its secret is shown once, and it is deleted', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Tokens' }).click();
    await page.getByText('There are no tokens yet.').waitFor();
    await page.getByRole('button', { name: 'Create a token' }).click();
    await press('Create');
    await dialogue().locator('[id="problem-name"]').waitFor();
    await dialogue().getByLabel('Name', { exact: true }).fill('acme');
    await dialogue().getByLabel('Scope').selectOption('edit');
    await dialogue().getByLabel('Types').fill('TXT, CAA');
    await dialogue().getByLabel('Expires').fill('2099-01-01T00:00');
    await press('Create');
    const secret = (await dialogue().getByLabel('Secret').textContent()) ?? '';
    await press('I have kept it');
    await row('Tokens', 'acme').getByText('types TXT, CAA').waitFor();
    expect(await page.getByText(secret).count()).toBe(0);
    forgetRefusal();
    const bound = await openPage(browser, origin);
    await bound.page.goto(`/zones/${zone}?search=hostile`);
    await logIn(bound.page, secret);
    await bound.page.getByRole('button', { name: 'Edit hostile.example.com TXT' }).waitFor();
    expect(await bound.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual(['Zones']);
    expect(bound.faults).toEqual([]);
    await row('Tokens', 'acme').getByRole('button', { name: 'Delete acme' }).click();
    await press('Delete');
    await row('Tokens', 'acme').waitFor({ state: 'detached' });
    await bound.page.reload();
    await bound.page.getByRole('heading', { name: 'Log in to Lifeguard' }).waitFor();
    await bound.context.close();
    await page.getByText('There are no tokens yet.').waitFor();
  });

  test.each(['light', 'dark'] as const)(
    'all are accessible in the %s theme, and fit 360 pixels',
    async (theme) => {
      await page.emulateMedia({ colorScheme: theme });
      for (const [path, opened] of [
        ['/zones', 'Create a zone'],
        [`/zones/${zone}?search=host-00`, 'Add a record'],
        ['/tokens', 'Create a token'],
      ] as const) {
        await page.setViewportSize({ width: 1280, height: 900 });
        await page.goto(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await expect.poll(() => page.locator('[aria-busy]').count()).toBe(0);
        expect(await violations(page), path).toEqual([]);
        await page.setViewportSize({ width: 360, height: 740 });
        expect([path, await overflow(page)]).toEqual([path, 0]);
        await page.getByRole('button', { name: opened }).click();
        expect(await violations(page), opened).toEqual([]);
        expect([opened, await overflow(page)]).toEqual([opened, 0]);
      }
      expect(watched.faults).toEqual([]);
    },
  );

  test('a token that may only read is offered no action', async () => {
    const { token } = await call('POST', '/lifeguard/v1/tokens', { name: 'looks', scope: 'read' });
    const other = await openPage(browser, origin);
    await other.page.goto('/zones');
    await logIn(other.page, token);
    await other.page.getByRole('table', { name: 'Zones' }).waitFor();
    const offered = () => other.page.getByRole('main').getByRole('button').allTextContents();
    expect((await offered()).filter((text) => text === 'Create a zone')).toEqual([]);
    await other.page.getByRole('link', { name: 'example.com', exact: true }).click();
    await other.page.getByText('host-000').first().waitFor();
    expect((await offered()).filter((text) => /add|edit|delete|settings/i.test(text))).toEqual([]);
    expect(await other.page.getByRole('link', { name: 'Tokens' }).count()).toBe(0);
    await other.page.goto('/tokens');
    await other.page.getByText('This token may not see this.').waitFor();
    expect(other.faults).toEqual([]);
    await other.context.close();
  });
});
