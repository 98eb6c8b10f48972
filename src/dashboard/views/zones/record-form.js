import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Field, listIn, numberIn, textIn } from '../../parts/field.js';
import { refreshSoon } from '../../shell/live.js';
import { request } from '../../shell/request.js';
import { AUTOMATIC_TTL, EXAMPLES, RECORD_TYPES } from './record-types.js';

/** Stands for a type that has no name here. */
const BY_NUMBER = 'by number';

/**
 * The form of a record. Without `record` it makes a new one; else it sends only what was changed, so that what others changed meanwhile
 * stays. `path`: of the records of the zone.
 * @param {{ path: string, zone: any, record?: any, onClose: () => void }} props
 */
export function RecordForm({ path, zone, record, onClose }) {
  const [chosen, setChosen] = useState(record?.type ?? 'A');
  const was = record === undefined ? {} : writtenOf(record);
  /** @param {FormData} fields */
  async function act(fields) {
    const body = {
      type: chosen === BY_NUMBER ? (textIn(fields, 'type') ?? '') : chosen,
      name: textIn(fields, 'name') ?? '',
      content: textIn(fields, 'content') ?? '',
      ttl: numberIn(fields, 'ttl') ?? AUTOMATIC_TTL,
      comment: textIn(fields, 'comment') ?? null,
      tags: listIn(fields, 'tags') ?? [],
    };
    if (record === undefined) await request('POST', path, body);
    else {
      const changed = Object.entries(body).filter(([key, value]) => !isSame(value, was[key]));
      if (changed.length > 0) await request('PATCH', `${path}/${record.id}`, Object.fromEntries(changed));
    }
    refreshSoon();
  }
  const isNamed = RECORD_TYPES.includes(chosen) || chosen === BY_NUMBER;
  const types = isNamed ? RECORD_TYPES : [chosen, ...RECORD_TYPES];
  const title = record === undefined ? 'Add a record' : `Edit ${record.name} ${record.type}`;
  return html`<${Confirm} title=${title} verb=${record === undefined ? 'Add' : 'Save'} act=${act} onClose=${onClose}>
    <${Field} label="Name" name="name" initial=${was.name} placeholder="www" hint=${`Relative to ${zone.name}, or full. @ is the zone itself.`} autofocus />
    <${Field} label="Type" name=${chosen === BY_NUMBER ? undefined : 'type'} as="select" value=${chosen} onChange=${(/** @type {any} */ event) => setChosen(event.currentTarget.value)}>
      ${types.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      <option value=${BY_NUMBER}>another, by number</option>
    </${Field}>
    ${chosen === BY_NUMBER ? html`<${Field} label="Number of the type" name="type" placeholder="TYPE65280" hint="TYPE and the number (RFC 3597)." />` : null}
    <${Field} label="Content" name="content" as="textarea" rows="2" initial=${was.content} placeholder=${EXAMPLES[chosen] ?? '\\# 4 C0000201'} hint=${EXAMPLES[chosen] === undefined ? 'As a zone file has it: \\#, the number of octets, and these in hexadecimal.' : undefined} />
    <${Field} label="TTL (seconds)" name="ttl" inputmode="numeric" initial=${was.ttl === AUTOMATIC_TTL ? '' : was.ttl} placeholder="automatic" />
    <${Field} label="Comment (optional)" name="comment" initial=${was.comment ?? undefined} />
    <${Field} label="Tags (optional)" name="tags" initial=${was.tags?.join(', ')} hint="Each as name or name:value, with commas between them." />
  </${Confirm}>`;
}

/**
 * A record as the form has it: with the priority in its content, as in a zone file.
 * @param {any} record
 * @returns {Record<string, any>}
 */
function writtenOf({ name, type, content, priority, ttl, comment, tags }) {
  return {
    name,
    type,
    content: priority === undefined ? content : `${priority} ${content}`,
    ttl,
    comment,
    tags,
  };
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * The question before a record is deleted.
 * @param {{ path: string, record: any, onClose: () => void }} props
 */
export function DeleteRecord({ path, record, onClose }) {
  async function act() {
    await request('DELETE', `${path}/${record.id}`);
    refreshSoon();
  }
  const { name, type, content } = record;
  return html`<${Confirm} title="Delete this record?" verb="Delete" isGrave=${true} act=${act} onClose=${onClose}>
    <p><b>${name}</b> ${type} <span class="mono">${content}</span></p>
  </${Confirm}>`;
}
