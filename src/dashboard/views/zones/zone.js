import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { Confirm } from '../../parts/dialog.js';
import { Loading } from '../../parts/notice.js';
import { useData } from '../../shell/data.js';
import { request } from '../../shell/request.js';
import { navigate } from '../../shell/router.js';
import { isAdmin, session } from '../../shell/session.js';
import { RecordList } from './records.js';
import { Settings } from './settings.js';
import { ZoneSource } from './zones.js';

const SUBJECT = { what: 'zone', href: '/zones', all: 'All zones' };

/**
 * One zone: its records and its settings. What the configuration file has is shown with its place, and cannot be changed here.
 * @param {{ params: Record<string, string>, query: URLSearchParams }} props
 */
export function Zone({ params, query }) {
  const [isDeleting, setIsDeleting] = useState(false);
  const loaded = useData(`/client/v4/zones/${params.id}`);
  const { data: zone } = loaded;
  if (zone === undefined) return html`<h1>Zone</h1><${Loading} loaded=${loaded} subject=${SUBJECT} />`;
  const isOfApi = zone.meta.source === 'api';
  return html`
    <h1>${zone.name}</h1>
    <p class="quiet">Comes from <${ZoneSource} zone=${zone} />.${isOfApi ? null : ' Change it there. Records can be added here.'}</p>
    <${Loading} loaded=${loaded} subject=${SUBJECT} />
    <${RecordList} zone=${zone} query=${query} />
    ${session.value.who.records === undefined ? html`<${Settings} zone=${zone} mayChange=${isOfApi && isAdmin()} />` : null}
    ${isOfApi && isAdmin() ? html`<button type="button" onClick=${() => setIsDeleting(true)}>Delete the zone</button>` : null}
    ${isDeleting ? html`<${DeleteZone} zone=${zone} onClose=${() => setIsDeleting(false)} />` : null}`;
}

/** @param {{ zone: any, onClose: () => void }} props */
function DeleteZone({ zone, onClose }) {
  async function act() {
    await request('DELETE', `/client/v4/zones/${zone.id}`);
    navigate('/zones');
  }
  return html`<${Confirm} title=${`Delete the zone ${zone.name}?`} verb="Delete" isGrave=${true} act=${act} onClose=${onClose}>
    <p>This server answers for it no longer.</p>
  </${Confirm}>`;
}
