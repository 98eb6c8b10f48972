/** What the keyboard can reach. */
const REACHABLE =
  'a[href], button:not([disabled]), input:not([type="hidden"]):not([disabled]), select, textarea, [tabindex="0"]';

/** @type {Element | null} */
let focused = null;

/**
 * Keeps the place of the keyboard. When what has the focus is removed, such as the button of an action that is done, the focus goes to
 * what is nearest to it, and with a new view to its beginning. Otherwise the next Tab would begin at the top of the page.
 */
export function keepFocus() {
  addEventListener('focusin', ({ target }) => {
    focused = target instanceof Element ? target : null;
  });
  // Who clicks beside everything wants the focus nowhere.
  addEventListener('pointerdown', () => {
    focused = null;
  });
  new MutationObserver((changes) => {
    if (focused === null || focused.isConnected || document.activeElement !== document.body) return;
    const lost = focused;
    focused = null;
    const change = changes.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(lost)));
    focusNear(change?.target ?? null);
  }).observe(document.body, { childList: true, subtree: true });
}

/** @param {Node | null} place where something was removed */
function focusNear(place) {
  const main = document.getElementById('main');
  for (let each = place; each instanceof Element && each !== main; each = each.parentNode) {
    const next = each.isConnected && main?.contains(each) ? each.querySelector(REACHABLE) : null;
    if (next instanceof HTMLElement) {
      next.focus();
      return;
    }
  }
  main?.focus();
}
