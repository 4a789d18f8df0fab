import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { audit } from "../reports/audit.ts";
import { documentOf } from "../src/report/document.ts";
import type { ReportModel } from "../src/report/shape.ts";
import { newCosigner } from "../src/tlog/cosignature.ts";
import { generateKey } from "../src/tlog/note.ts";
import { buildReportModel, renderReport } from "../src/views/reporting.ts";
import { FakeClock } from "./support/clock.ts";
import { accessDraft } from "./support/ledger.ts";
import { stampHead, witnessHead } from "./support/outside.ts";
import { StampService } from "./support/stamp-service.ts";
import { newWorkspace } from "./support/workspace.ts";

const DAY = 86_400_000;
const START = Date.parse("2026-03-02T09:00:00.000Z");
const PERIOD = { label: "2026", from: Date.parse("2026-01-01T00:00:00Z"), to: Date.parse("2027-01-01T00:00:00Z") };

/** A workspace whose configuration trusts a time stamping service and a witness. */
async function watched() {
  const clock = new FakeClock(START);
  const witness = newCosigner("witness.example", generateKey());
  const tsa = new StampService().certify(START - DAY, START + 30 * DAY);
  const custody = await newWorkspace(
    `heads:
  - { use: timestamp, url: "https://tsa.example.com/tsr", roots: tsa-roots.pem }
  - { use: witness, url: "https://witness.example.com", key: "${witness.cosigner.vkey}" }`,
    clock,
  );
  await writeFile(join(custody.config.root, "tsa-roots.pem"), tsa.pem);
  const ledger = await custody.ledger();
  const store = await custody.store();
  const record = async () => {
    clock.advance(DAY);
    await ledger.append([accessDraft("something")]);
    return (await ledger.publish()).size;
  };
  const stamp = () => stampHead(ledger, store, (bytes) => tsa.stamp(bytes, clock.now()));
  const report = (at?: number) => buildReportModel(custody, { period: PERIOD, at });
  return { custody, clock, tsa, record, stamp, report, cosign: () => witnessHead(ledger, store, witness, clock.now()) };
}

const word = ({ verification }: ReportModel, about: string) =>
  verification?.verdicts.find((verdict) => verdict.about === about)?.word;

/** What the first page says beside that label. */
function cover(model: ReportModel, label: string): string {
  const rows = documentOf(model, audit).flatMap((block) => (block.kind === "pairs" ? block.rows : []));
  const found = rows.find((row) => row.label === label);
  return found?.cell.map((l) => l.text).join(" / ") ?? "";
}

test("page 1 says since when somebody outside has seen the log, and that before it only the operator's word stands", async () => {
  const { record, stamp, report } = await watched();
  await record();
  const none = await report();
  expect(none.cover.anchor).toBe(null);
  expect([word(none, "TIME"), word(none, "INDEPENDENCE")]).toEqual(["unanchored", "self-attested"]);
  expect(cover(none, "Earliest outside proof")).toContain("none yet");
  const index = await stamp();
  await record();
  await stamp();
  await record();
  const model = await report();
  expect(model.cover.anchor).toEqual({
    at: "2026-03-03T09:00:01.000Z",
    what: `time stamp of CN=Example TSA, over the first ${index} records`,
  });
  expect([word(model, "TIME"), word(model, "INDEPENDENCE")]).toEqual(["anchored", "timestamped"]);
  expect(cover(model, "Earliest outside proof")).toMatch(/^2026-03-03T.* \/ before it only the operator's word stands/);
});

test("a report of an earlier size is the same whatever was proven, or ended, since", async () => {
  const { custody, clock, tsa, record, stamp, cosign, report } = await watched();
  await record();
  const bare = await record();
  const before = await report(bare);
  await stamp();
  const stamped = await record();
  const then = await report(stamped);
  const printed = await renderReport(custody, then);
  expect([word(before, "TIME"), word(then, "TIME")]).toEqual(["unanchored", "anchored"]);
  clock.advance(60 * DAY);
  const ended = await record();
  expect(word(await report(ended), "TIME")).toBe("expired");
  expect(cover(await report(ended), "Earliest outside proof")).toContain("none that still stands");
  tsa.certify(clock.now() - DAY, clock.now() + 900 * DAY);
  await stamp();
  await cosign();
  await record();
  const newest = await report();
  expect([word(newest, "TIME"), word(newest, "INDEPENDENCE")]).toEqual(["anchored", "witnessed"]);
  expect(await report(bare)).toEqual(before);
  expect(await report(stamped)).toEqual(then);
  expect(word(await report(ended), "TIME")).toBe("expired");
  const again = await renderReport(custody, await report(stamped));
  expect(Buffer.from(again.bytes).equals(Buffer.from(printed.bytes))).toBe(true);
});
