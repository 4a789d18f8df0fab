import { CustodyError, messageOf } from "../lib/errors.ts";

/** Error codes of Node and classes of SQLSTATE after which the same call may succeed later, with nothing changed by a person. */
const PASSING =
  /^(ECONN|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EAGAIN|EHOST|ENET|08|53[023]|57P|57014|40|55P03|25P0)/;
const WITHOUT_CODE = /Connection terminated|timeout|Client has encountered a connection error|not queryable/i;

const UNFIT: readonly { readonly code: RegExp; readonly remedy: string }[] = [
  { code: /^28/, remedy: "Correct user and password of the index in custody.yaml." },
  { code: /^3D000/, remedy: "Create the database, or correct its name in custody.yaml." },
  { code: /^42501/, remedy: "Let the user create schemas there: `grant create on database … to …`." },
  { code: /^(53100|ENOSPC)/, remedy: "Make room on the disk of the database, then try again." },
  { code: /^(XX00[12]|58|42P01|42703|3F000)/, remedy: "Run `custody index rebuild`." },
  {
    code: /CERT|TLS|SSL|SIGNATURE|ISSUER/,
    remedy: "Correct the certificates, or `sslmode` and `sslrootcert` in the URL of the index.",
  },
];

/** What a failed call to the database means. `place` names the database without any secret; `doing` is what was tried. */
export function indexFailure(error: unknown, place: string): CustodyError {
  if (error instanceof CustodyError) return error;
  const code = String((error as { code?: unknown }).code ?? "");
  const said = reasonOf(error);
  const unfit = UNFIT.find((u) => u.code.test(code)) ?? (/SSL/.test(said) ? UNFIT.at(-1) : undefined);
  if (unfit)
    return new CustodyError("INDEX_UNUSABLE", `the index at ${place}: ${said}`, { cause: error, remedy: unfit.remedy });
  if (PASSING.test(code) || (code === "" && WITHOUT_CODE.test(said))) {
    return new CustodyError("INDEX_UNREACHABLE", `the index at ${place} does not answer: ${said}`, {
      cause: error,
      remedy: "Nothing is lost: the index is made from the ledger. Try again later.",
    });
  }
  return new CustodyError("BUG", `the index at ${place} refused a statement: ${said}`, { cause: error });
}

/** The words of an error, also of one that Node bundles for several addresses. Neither Postgres nor `pg` puts a password there. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join("; ");
  return messageOf(error);
}

/** What a connection attempt to a server of our own means for whoever wants it: nobody there, or one that starts or stops just now. */
export function serverState(error: unknown): "absent" | "busy" | undefined {
  const code = String((error as { code?: unknown }).code ?? "");
  if (code === "ENOENT" || code === "ECONNREFUSED") return "absent";
  if (/^(57P|53300|ECONNRESET|EPIPE|EAGAIN)/.test(code) || (code === "" && WITHOUT_CODE.test(messageOf(error))))
    return "busy";
  return undefined;
}
