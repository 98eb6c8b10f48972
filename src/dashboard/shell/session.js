import { signal } from '@preact/signals';
import { onSessionEnd, request } from './request.js';

/** @import { Signal } from '@preact/signals' */

/**
 * Who looks at the page. `state` is `loading`, `out` or `in`; `who` is the token, as the API shows it.
 * @type {Signal<{ state: 'loading' | 'out' | 'in', who?: any, notice?: string }>}
 */
export const session = signal({ state: 'loading' });

/** The code of a link that logs in once, in the fragment of the address. */
const LOGIN_LINK = /^#login=([\w-]+)$/;
/** Time after which the page asks again a server that does not answer, milliseconds. */
const RETRY_MS = 1_000;

onSessionEnd((message) => {
  if (session.value.state !== 'in') return;
  session.value = { state: 'out', notice: message.replace(/^Authentication error: t/, 'T') };
});

/** Finds out who looks: by the link, or by the session that there is. */
export async function startSession() {
  const [, code] = LOGIN_LINK.exec(location.hash) ?? [];
  if (code !== undefined) {
    // The code must not stay in the address, where others could see it.
    history.replaceState(history.state, '', location.pathname + location.search);
    const failure = await logIn({ code });
    if (failure === undefined) return;
    session.value = { state: 'out', notice: failure };
    return;
  }
  await look();
}

/** Finds out whether there is a session, and asks again while the server does not answer. Returns whether it answered. */
export async function look() {
  try {
    const { result } = await request('GET', '/lifeguard/v1/session');
    if (result !== null) session.value = { state: 'in', who: result };
    else if (session.value.state === 'in')
      session.value = { state: 'out', notice: 'Your session has ended. Log in again.' };
    else session.value = { ...session.value, state: 'out' };
    return true;
  } catch {
    setTimeout(look, RETRY_MS);
    return false;
  }
}

/**
 * Begins a session, with a token or the code of a link. Returns why that failed; undefined: it did not.
 * @param {{ token: string } | { code: string }} credential
 * @returns {Promise<string | undefined>}
 */
export async function logIn(credential) {
  try {
    await request('POST', '/lifeguard/v1/session', credential);
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
  await look();
  return undefined;
}

/** Ends the session, here and on the server. */
export async function logOut() {
  await request('DELETE', '/lifeguard/v1/session').catch(() => undefined);
  session.value = { state: 'out', notice: 'You are logged out.' };
}

/**
 * Returns whether the token may change a pool with this name.
 * @param {string} name
 */
export function mayChangePool(name) {
  const { who } = session.value;
  if (!mayChange()) return false;
  return who.pool_prefix === undefined || name.toLowerCase().startsWith(who.pool_prefix.toLowerCase());
}

/** Returns whether the token may change anything but records. */
export function mayChange() {
  const { who } = session.value;
  return who !== undefined && who.scope !== 'read' && who.records === undefined;
}

/** Returns whether the token may change records: all, or those to which it is bound. */
export function mayChangeRecords() {
  const { who } = session.value;
  return who !== undefined && who.scope !== 'read' && who.pool_prefix === undefined;
}

/** Returns whether the token may do everything. */
export function isAdmin() {
  return session.value.who?.scope === 'admin';
}
