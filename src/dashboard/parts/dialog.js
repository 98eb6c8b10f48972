import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { RequestError } from '../shell/request.js';
import { Problems } from './field.js';

/** @import { Problem } from './field.js' */

/**
 * A question before an action, or a form. The button with `verb` runs `act`. When `act` is done, the dialogue closes. When it throws, the
 * dialogue shows the error; what the API says about a field (parts/field.js) appears beside that field. Escape and Cancel run nothing.
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
  const [problems, setProblems] = useState(/** @type {readonly Problem[]} */ ([]));
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    setIsBusy(true);
    try {
      await act(new FormData(form));
      dialog.current?.close();
    } catch (error) {
      const said = error instanceof RequestError ? error.problems : [{ message: String(error) }];
      setProblems(
        said.map((each) => ({ message: each.message, field: fieldAt(form, each.source?.pointer) })),
      );
      setIsBusy(false);
    }
  }
  const general = problems.filter(({ field }) => field === undefined);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="dialog-title">
    <form onSubmit=${submit}>
      <h2 id="dialog-title">${title}</h2>
      <${Problems.Provider} value=${problems}>${children}</${Problems.Provider}>
      ${general.length === 0 ? null : html`<p class="failure" role="alert">${general.map(({ message }) => message).join(' ')}</p>`}
      <div class="actions">
        <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
        <button class=${isGrave ? 'grave' : 'primary'} disabled=${isBusy}>${verb}</button>
      </div>
    </form>
  </dialog>`;
}

/**
 * Returns the name of the field that a pointer is about; undefined: the form has no such field.
 * @param {HTMLFormElement} form
 * @param {string} [pointer]
 */
function fieldAt(form, pointer = '') {
  const parts = pointer.split('/').slice(1);
  for (let depth = parts.length; depth > 0; depth -= 1) {
    const name = parts.slice(0, depth).join('.');
    if (form.elements.namedItem(name) !== null) return name;
  }
  return undefined;
}
