import type { Ledger } from "../../src/ledger/ledger.ts";
import { PERSON } from "./rotation.ts";

/** Keeps a document in a log and names it there, as the record of a review does. */
export async function recordAct(ledger: Ledger, text: string) {
  const document = await ledger.put(new TextEncoder().encode(text), "text/markdown");
  const happened = "2026-06-01T12:00:00.000Z";
  const type = "incident-review" as const;
  await ledger.append([
    { kind: "activity", actor: PERSON, activity: "REV-1", type, act: "record", document, happened },
  ]);
  await ledger.publish();
  return document;
}
