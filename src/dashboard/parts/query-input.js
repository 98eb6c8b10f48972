import { useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';

/**
 * A text field for a part of the page's address. When the page is drawn anew, what somebody types stays; the text changes where the
 * address does.
 * @param {{ value: string, [attribute: string]: any }} props
 */
export function QueryInput({ value, ...rest }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useLayoutEffect(() => {
    if (input.current !== null) input.current.value = value;
  }, [value]);
  return html`<input ref=${input} defaultValue=${value} ...${rest} />`;
}
