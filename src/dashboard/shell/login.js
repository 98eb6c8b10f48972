import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { logIn } from './session.js';

/**
 * The form for a token. `notice`: why it is shown, where the visitor was logged in before.
 * @param {{ notice?: string | undefined }} props
 */
export function Login({ notice }) {
  const [failure, setFailure] = useState(/** @type {string | undefined} */ (undefined));
  const [isBusy, setIsBusy] = useState(false);
  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const token = String(new FormData(form).get('token') ?? '').trim();
    setIsBusy(true);
    const why = await logIn({ token });
    setIsBusy(false);
    setFailure(why);
    if (why !== undefined) form.querySelector('input')?.select();
  }
  return html`<main class="login" id="main">
    <form onSubmit=${submit}>
      <h1>Log in to Lifeguard</h1>
      ${notice === undefined ? null : html`<p class="notice" role="status">${notice}</p>`}
      <input type="text" name="username" value="lifeguard" autocomplete="username" hidden readonly />
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus spellcheck=${false} />
      ${failure === undefined ? null : html`<p class="failure" role="alert">${failure}</p>`}
      <button class="primary" disabled=${isBusy}>${isBusy ? 'Logging in…' : 'Log in'}</button>
      <p class="hint">
        The token of the server is in the file <code>admin-token</code> of its data directory, unless its configuration sets one.
        To make one that can only look, run:
      </p>
      <pre class="command">lifeguard token create me --scope read</pre>
    </form>
  </main>`;
}
