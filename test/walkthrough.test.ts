import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { followed } from "./support/shell-steps.ts";
import { describeWith } from "./support/tools.ts";
import { type Handed, handedOver, type Line } from "./support/walkthrough.ts";

const run = promisify(execFile);
const of = (lines: readonly Line[], kind: string, over: Readonly<Record<string, unknown>> = {}) =>
  lines.filter((line) => line.kind === kind && Object.entries(over).every(([name, value]) => line[name] === value));

/** What an auditor does who got a pack, its report and the key: nothing here reads anything else, and no module of Custody. */
describeWith(
  ["unzip", "sha256sum", "base64", "basenc", "openssl", "pdftotext"],
  "an auditor with the pack and the report alone",
  () => {
    let handed: Handed;
    const own = (id: string) => handed.records.filter(({ kind, incident }) => kind === "incident" && incident === id);
    const [sev1, sev3, notOne] = ["INC-2026-001", "INC-2026-003", "EVT-2026-002"];

    beforeAll(async () => {
      handed = await handedOver();
    }, 240_000);
    afterAll(() => handed?.remove());

    test("1: sees the procedure in force on a day, and its text", async () => {
      const inForce = async (day: string) => {
        const line = of(handed.records, "policy").findLast(({ at, effective }) => at <= day && effective <= day);
        return { line, text: await readFile(handed.file(line?.definition.digest), "utf8") };
      };
      const before = await inForce("2026-01-20T12:00:00.000Z");
      const after = await inForce("2026-03-01T12:00:00.000Z");
      expect(before.text).toMatch(/^version: "1\.0"$/m);
      expect(after.text).toMatch(/^version: "1\.1"$/m);
      expect([before, after].map(({ text }) => /Sev2: (within \w+)/.exec(text)?.[1])).toEqual([
        "within 2h",
        "within 1h",
      ]);
      for (const [version, { line }] of [["1.0", before] as const, ["1.1", after] as const])
        expect(handed.report).toContain(`sev1-4, version ${version} (record ${line?.index})`);
    });

    test("2: has the register of the period, and counts it at its sources", async () => {
      const opened = of(handed.records, "incident", { act: "open" }).map(({ incident }) => incident);
      const withdrawn = of(handed.records, "incident", { act: "withdraw" }).map(({ incident }) => incident);
      const kept = opened.filter((id) => !withdrawn.includes(id));
      const newest = of(handed.records, "run", { instance: "incidents", outcome: "collected" }).at(-1);
      const manifest = JSON.parse(await readFile(handed.file(newest?.manifest.digest), "utf8"));
      const files: string[] = manifest.captures.map(({ origin }: { origin: string }) => origin);
      const told = files
        .filter((name) => name.startsWith("incidents/"))
        .map((name) => /INC-\d+-\d+/.exec(name)?.[0] ?? "");
      expect([kept.length, withdrawn.length, told.length]).toEqual([10, 1, 3]);
      for (const id of [...kept, ...told].filter((id) => !id.startsWith("INC-gap-")))
        expect(handed.report).toContain(id);
      expect(handed.report).toMatch(
        new RegExp(`Incidents ${kept.length + told.length} ${kept.length + told.length} began in the period`),
      );
    });

    test("3: follows a Sev1, a Sev3, and something that was no incident", async () => {
      const severities = (id: string) => own(id).flatMap(({ values }) => values?.severity ?? []);
      expect([severities(sev1), severities(sev3)]).toEqual([["Sev2", "Sev1"], ["Sev3"]]);
      for (const id of [sev1, sev3]) {
        expect(own(id).map(({ act }) => act)).toEqual(
          expect.arrayContaining(["open", "personal-data", "cause", "resolve", "close"]),
        );
        for (const line of own(id).filter(({ body }) => body)) expect(await handed.words(line)).not.toEqual({});
      }
      const [reported] = of(handed.records, "event", { event: notOne, act: "report" });
      const decided = of(handed.records, "event-decision").find(({ events }) => events?.includes(notOne));
      expect((await handed.words(reported as Line)).title).toBe("Weakness in your sign-in page");
      expect(decided).toMatchObject({ decision: "false-positive", actor: { auth: "token" } });
      expect((await handed.words(decided as Line)).reason).toMatch(/does not exist here/);
      expect(handed.report).toContain(notOne);
    });

    test("4: learns who commanded and when, and what shows it beside the ticket", async () => {
      const assigned = own(sev1).find(({ act, values }) => act === "assign" && values.role === "commander");
      expect(await handed.name(assigned?.values.person)).toBe("jonas");
      // Logged within minutes by a person who proved who they were, in a chain that later records continue.
      expect(assigned).toMatchObject({ at: "2026-01-07T08:16:00.000Z", actor: { auth: "token", role: "operator" } });
      expect(handed.report).toMatch(/commander.{0,200}jonas/);
      // The log of the export service, kept before anything was cleaned up, and not made by the ticket.
      const [kept] = of(handed.records, "custody", { act: "collect", incident: sev1 });
      expect((kept?.index ?? 0) > (assigned?.index ?? 0)).toBe(true);
      expect(await readFile(handed.file(kept?.digests[0]), "utf8")).toMatch(/^2026-01-06T21:40\+01:00 key=ext-07/);
    });

    test("5: learns whether personal data was concerned, who decided it, and when the authority was told", async () => {
      const [decision] = own(sev1).filter(({ act }) => act === "personal-data");
      expect(decision?.values.decision).toBe("yes");
      expect(await handed.name(decision?.values.by)).toBe("katrin");
      expect((await handed.words(decision as Line)).reason).toMatch(/names and addresses/);
      const [aware, told] = own(sev1).filter(({ act }) => act === "breach");
      const took = Date.parse(told?.values.authorityAt) - Date.parse(aware?.values.awareAt);
      expect(took).toBe((25 * 60 + 10) * 60_000);
      expect(handed.report).toMatch(/2026-01-10 2026-01-08 1 d 1 h 10 met.{0,60}09:05:00Z 10:15Z/);
      const [no] = own(sev3).filter(({ act }) => act === "personal-data");
      expect(no?.values.decision).toBe("no");
    });

    test("6: reads the review, one action, what closed it, and the check that it worked", async () => {
      const [written] = of(handed.records, "activity", { act: "document" }).filter(({ incidents }) =>
        incidents.includes(sev1),
      );
      const text = await readFile(handed.file(written?.document.digest), "utf8");
      expect(text).toMatch(/## Root cause\n\nThe list that is worked through/);
      const [approved] = of(handed.records, "activity", { act: "approve", activity: written?.activity });
      expect(approved).toMatchObject({ document: written?.document, actor: { role: "owner", auth: "token" } });
      expect(approved?.actor.id).not.toBe(written?.actor.id);
      const [action] = of(handed.records, "action", { act: "open", incident: sev1 });
      const [done] = of(handed.records, "action", { act: "done", action: action?.action });
      const [verified] = of(handed.records, "action", { act: "verify", action: action?.action });
      expect(done?.tracker).toBe("github:nordlicht/handbook@3f9c2e17b0");
      expect(verified).toMatchObject({ result: "effective" });
      expect((await handed.words(verified as Line)).text).toMatch(/no key of theirs works/);
      expect(Date.parse(verified?.at ?? "") - Date.parse(done?.at ?? "")).toBeGreaterThan(30 * 86_400_000);
      for (const named of [written?.activity, action?.action, "3f9c2e17b0"]) expect(handed.report).toContain(named);
    });

    test("7: hashes one evidence file, finds it in the log, proves that, and sees who opened it", async () => {
      const [kept] = of(handed.records, "custody", { act: "collect" });
      const digest: string = kept?.digests[0];
      const { stdout } = await run("sha256sum", [handed.file(digest)]);
      expect(stdout.slice(0, 64)).toBe(digest);
      expect(kept?.evidenceFiles[0]).toMatchObject({ digest });
      expect(handed.report).toContain(digest.slice(0, 16));
      // The root over all records, by verify.mjs; and by the receipt of this one record.
      const verified = await run(process.execPath, ["verify.mjs", "--key", handed.vkey], { cwd: handed.folder });
      expect(verified.stdout).toMatch(/INTEGRITY +intact/);
      // And by the shell alone: every step, and the receipt of the record that names this file.
      const receipt = join(handed.folder, "receipts", `${String(kept?.index).padStart(12, "0")}.tlog-proof`);
      const said = await followed(handed.folder, { VKEY: handed.vkey, RECEIPT: receipt });
      const proven = said.findIndex((line) =>
        line.startsWith(`ok   record ${kept?.index} is in the log by its receipt`),
      );
      expect(said.slice(proven + 1).filter((line) => /^[0-9a-f]{64}$/.test(line))).toContain(digest);
      expect(said.filter((line) => line.startsWith("ok   ")).length).toBeGreaterThanOrEqual(7);
      expect(said.filter((line) => !/^(ok {3}|[0-9a-f]{64}$)/.test(line))).toEqual([
        "-    no record holds a time stamp",
        ...["json", "pdf"].map(
          (kind) =>
            `-    the report 2026-01-05--2026-03-16.${kind} is NOT covered by the signature: no signed record names it`,
        ),
      ]);
      const after = of(handed.records, "custody", { evidence: kept?.evidence }).slice(1);
      expect(after.map(({ act }) => act)).toEqual(["transfer", "access"]);
      expect(await Promise.all([after[0]?.to, after[1]?.actor.id].map((id) => handed.name(id)))).toEqual([
        "Dr. Ruth Ostermann",
        "jonas",
      ]);
      expect((await handed.words(after[1] as Line)).reason).toMatch(/second export/);
    });

    test("8: sees why a month without incidents is one", async () => {
      const [from, to] = ["2026-01-31T23:00:00.000Z", "2026-02-28T23:00:00.000Z"];
      expect(of(handed.records, "incident", { act: "open" }).filter(({ at }) => at >= from && at < to)).toEqual([]);
      const signed = of(handed.records, "sign-off", { subject: "nil-return" }).find(
        ({ window }) => window.from === from,
      );
      expect(signed).toMatchObject({ window: { from, to }, actor: { role: "owner", auth: "token" } });
      expect(signed?.requirements.length).toBeGreaterThan(0);
      const statement = await readFile(handed.file(signed?.body.digest), "utf8");
      expect(statement).toMatch(/confirm that nothing of it happened/);
      expect(statement).toMatch(/incidents \(incident-log\/markdown\): 1 of 1 pieces of expected evidence came/);
      // The runs that it names are there and asked about that month.
      const runs = of(handed.records, "run", { instance: "incidents" }).filter(({ window }) => window.from === from);
      expect(runs.map(({ outcome }) => outcome)).toContain("collected");
      expect(handed.report).toMatch(new RegExp(`record ${signed?.index}\\b`));
    });

    test("9: finds the runs that were missed, why, and what was done", async () => {
      const [noted] = of(handed.records, "gap", { action: "open", instance: "alerts" });
      expect(noted?.window).toEqual({ from: "2026-01-05T23:00:00.000Z", to: "2026-01-08T23:00:00.000Z" });
      const late = of(handed.records, "run", { instance: "alerts" }).filter(
        ({ trigger, window }) =>
          trigger === "catch-up" && window.from >= noted?.window.from && window.to <= noted?.window.to,
      );
      expect(late.map(({ outcome }) => outcome)).toEqual(["collected", "collected", "collected"]);
      expect(of(handed.records, "gap", { gap: noted?.gap }).map(({ action }) => action)).toContain("close-late");
      const opened = own(`INC-${noted?.gap}`);
      expect(opened.map(({ act }) => act)).toEqual(expect.arrayContaining(["open", "cause", "resolve"]));
      expect(handed.report).toContain(noted?.gap);
      expect(handed.report).toMatch(/Custody was not running/);
    });

    test("10: changes one byte, and every tool says so", async () => {
      const folder = await mkdtemp(join(tmpdir(), "custody-byte-"));
      const cli = await Cli.compile("walkthrough");
      try {
        await cp(handed.folder, folder, { recursive: true });
        const [kept] = of(handed.records, "custody", { act: "collect" });
        const path = handed.file(kept?.digests[0]).replace(handed.folder, folder);
        const bytes = await readFile(path);
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        await writeFile(path, bytes);
        const { stdout } = await run("sha256sum", [path]);
        expect(stdout.slice(0, 64)).not.toBe(kept?.digests[0]);
        const own = run(process.execPath, ["verify.mjs", "--key", handed.vkey], { cwd: folder });
        await expect(own).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/blob-altered/) });
        const good = await cli.run(tmpdir(), ["verify", handed.zip, "--key", handed.vkey, "--json"]);
        expect([good.code, good.json<{ ok: boolean }>().ok]).toEqual([0, true]);
        const bad = await cli.run(tmpdir(), ["verify", folder, "--key", handed.vkey, "--json"]);
        expect(bad.code).toBe(1);
        expect(bad.json<{ findings: { code: string }[] }>().findings.map(({ code }) => code)).toContain("blob-altered");
      } finally {
        await cli.close();
        await rm(folder, { recursive: true });
      }
    });
  },
);
