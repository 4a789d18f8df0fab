import { mirrorNow, mirrorTrouble } from "../daemon/mirroring.ts";
import { CustodyError, ERROR_CODES, type ErrorCode, type ErrorKind, EXIT_CODES } from "../lib/errors.ts";
import { type GlobalFlags, stopSignal, withCustody } from "./context.ts";

interface Flags extends GlobalFlags {
  readonly anew?: boolean;
}

/** `custody store mirror`: exit 0 when it holds everything that is signed, 1 when it differs, 3 when it could not be brought up to date. */
export function mirror(flags: Flags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const state = await mirrorNow(custody, undefined, {
      signal: stopSignal(),
      anew: flags.anew ?? false,
      progress: (records, of) => output.progress(`mirroring: ${records} of ${of} records …`),
    });
    if (state === undefined) {
      throw new CustodyError("USAGE", "no mirror is configured", {
        remedy: "Name one as `mirror:` in custody.yaml; docs/storage.md says which.",
      });
    }
    if (state.state === "current")
      output.line(`${state.place} holds all ${state.size} records that are signed, and their files.`);
    else output.note(mirrorTrouble(state));
    output.object({ ok: state.state === "current", ...state });
    if (state.state === "current") return 0;
    return state.state === "differs" ? EXIT_CODES.answer : EXIT_CODES[kindOf(state.problem?.code)];
  });
}

function kindOf(code = ""): ErrorKind {
  return Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code as ErrorCode] : "temporary";
}
