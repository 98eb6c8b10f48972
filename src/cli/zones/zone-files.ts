import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { clientOf } from '../api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import { unreadable } from '../document.ts';
import { printJson } from '../print.ts';
import { recordsPath } from './record.ts';
import { zoneCalled } from './zone-called.ts';

const ZONE = 'Name or identifier of the zone';

/** The result of an import, as the API gives it. */
interface Imported {
  readonly recs_added: number;
  readonly total_records_parsed: number;
}

/** Time limit for an import, milliseconds: that of the server, and what a slow network adds. */
const IMPORT_MS_MAX = 660_000;

/** Adds the commands for zone files. */
export function addZoneFileCommands(parent: Command): void {
  addImport(parent);
  addExport(parent);
}

function addImport(parent: Command): void {
  writingLeaf(
    parent,
    'import',
    'Add the records of a zone file to a zone, all of them or none',
    'records import example.com db.example.com',
  )
    .argument('<zone>', ZONE)
    .argument('<file>', 'Zone file; - is standard input')
    .option('--proxied', 'Mark A, AAAA and CNAME records as proxied, unless their tags say otherwise')
    .action(async (called: string, file: string, options: Writing & { readonly proxied?: boolean }) => {
      const client = clientOf(options);
      const body = new FormData();
      body.set('file', new Blob([octetsOf(file)]), file === '-' ? 'standard input' : basename(file));
      if (options.proxied) body.set('proxied', 'true');
      const zone = await zoneCalled(client, called);
      const imported = await client.ask<Imported>('POST', `${recordsPath(zone)}/import`, {
        body,
        answerMs: IMPORT_MS_MAX,
      });
      await printWritten(client, imported, options, importedText);
    });
}

function octetsOf(file: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function importedText({ recs_added: added, total_records_parsed: all }: Imported): string {
  return `Added ${added} of ${all} ${all === 1 ? 'record' : 'records'}.\n`;
}

function addExport(parent: Command): void {
  leaf(
    parent,
    'export',
    'Export the records of a zone as a zone file',
    'records export example.com > db.example.com',
  )
    .argument('<zone>', ZONE)
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const zone = await zoneCalled(client, called);
      const text = await client.text(`${recordsPath(zone)}/export`);
      if (options.json) printJson({ success: true, errors: [], messages: [], result: text });
      else process.stdout.write(text);
    });
}
