import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { html } from '../html.js';

/**
 * What the API said about a form, by field; without a field, it is about the whole.
 * @typedef {{ message: string, field?: string | undefined }} Problem
 */

/** The problems of the form around. */
export const Problems = createContext(/** @type {readonly Problem[]} */ ([]));

/**
 * A field of a form, with what is wrong with it. Its name is the place in the body of the request, with dots: `soa.refresh`.
 * @param {{ label: string, name?: string | undefined, as?: string, initial?: string | number, hint?: string, children?: any, [attribute: string]: any }} props
 *   `as`: the element, such as `select`, which `children` are in; `initial`: the text with which it begins
 */
export function Field({ label, name, as = 'input', initial, hint, children, ...rest }) {
  const said = useContext(Problems).filter(({ field }) => field !== undefined && field === name);
  const id = `problem-${name}`;
  const wrong = said.length === 0 ? {} : { 'aria-invalid': 'true', 'aria-describedby': id };
  return html`<div class="field">
    <label>${label}<${as} name=${name} spellcheck=${false} autocomplete="off" defaultValue=${initial} ...${rest} ...${wrong}>${children}</${as}></label>
    ${hint === undefined ? null : html`<span class="hint">${hint}</span>`}
    ${said.length === 0 ? null : html`<span class="failure" role="alert" id=${id}>${said.map(({ message }) => message).join(' ')}</span>`}
  </div>`;
}

/**
 * Reads a field; blank: undefined.
 * @param {FormData} fields
 * @param {string} name
 */
export function textIn(fields, name) {
  const text = String(fields.get(name) ?? '').trim();
  return text === '' ? undefined : text;
}

/**
 * Reads a field with a number. What is none stays a text, so that the API says what it must be.
 * @param {FormData} fields
 * @param {string} name
 */
export function numberIn(fields, name) {
  const text = textIn(fields, name);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : text;
}

/**
 * Reads a field with a list, its parts apart by commas or blanks; blank: undefined.
 * @param {FormData} fields
 * @param {string} name
 */
export function listIn(fields, name) {
  return textIn(fields, name)?.split(/[\s,]+/);
}
