/** Says where aliases of the zones that this node answers lead. */
export interface AliasSource {
  /**
   * The names of the loop that a record leads into together with what is answered now, the one it comes back to first and last, with
   * their final dots; undefined: it ends, or is longer than anyone follows, or the record is neither CNAME nor DNAME.
   */
  loopWith(record: {
    /** Its name without the final dot. */
    readonly name: string;
    readonly type: string;
    /** In presentation form. */
    readonly content: string;
  }): readonly string[] | undefined;
}
