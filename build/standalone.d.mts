/** `verify.mjs`: one file for Node, which imports nothing but Node itself. */
export function buildNodeVerifier(): Promise<string>;
/** `verify.html`: one page with script and style in it, which may not reach any network. */
export function buildPageVerifier(): Promise<string>;
/** Writes both into a folder; gives their sizes in bytes, by name. */
export function buildStandalone(folder: string): Promise<Record<"verify.mjs" | "verify.html", number>>;
