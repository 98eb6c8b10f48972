/** Items on a page when a page is asked for without saying how many. */
export const PER_PAGE_DEFAULT = 25;
/** Most items one may ask for on a page. */
export const PER_PAGE_MAX = 1_000;
