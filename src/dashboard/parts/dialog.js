import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';

/**
 * A question before an action. Escape and Cancel do nothing; the button with `verb` runs `act`, which says what went wrong by
 * throwing, and closes the dialogue when it is done.
 * @param {{
 *   title: string,
 *   verb: string,
 *   isGrave?: boolean,
 *   act: (fields: FormData) => Promise<void>,
 *   onClose: () => void,
 *   children?: any,
 * }} props
 */
export function Confirm({ title, verb, isGrave = false, act, onClose, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [failure, setFailure] = useState(/** @type {string | undefined} */ (undefined));
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    setIsBusy(true);
    try {
      await act(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)));
      dialog.current?.close();
    } catch (error) {
      setFailure(/** @type {Error} */ (error).message);
      setIsBusy(false);
    }
  }
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="dialog-title">
    <form onSubmit=${submit}>
      <h2 id="dialog-title">${title}</h2>
      ${children}
      ${failure === undefined ? null : html`<p class="failure" role="alert">${failure}</p>`}
      <div class="actions">
        <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
        <button class=${isGrave ? 'grave' : 'primary'} disabled=${isBusy}>${verb}</button>
      </div>
    </form>
  </dialog>`;
}
