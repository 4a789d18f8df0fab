/** A record that does not fit the others. It is kept and told, and changes nothing. */
export interface Misfit {
  readonly index: number;
  /** What it is about. */
  readonly id: string;
  /** In plain words. */
  readonly text: string;
}
