import { describe, expect, test } from "vitest";
import { channels } from "../src/notify/channels/index.ts";
import { items, mailText, message, seen, stand } from "./support/channels.ts";
import { smtpServer } from "./support/smtp.ts";
import type { Fault } from "./support/vendors.ts";

const OVER_HTTP = ["discord", "slack", "telegram", "webhook"];

/** What a collector, or whoever names one, may put into a notice. */
const HOSTILE = [
  "@everyone <!channel> <!here> <@U123> <#C123> @anna",
  "<b>bold</b> <script>alert(1)</script> &lt;i&gt; </code>",
  "**x** __y__ ~~z~~ `code` ||spoiler|| [a](https://evil.example) <https://evil.example|here> # head",
  "line\nbreak\r\n.\r\nBcc: x@example.com \u202egnp.exe \u0000\u0007",
  "half \ud83d of a pair, 👩‍👩‍👧‍👦 whole",
].join(" ");

describe.each(channels.map(({ use }) => use))("%s", (use) => {
  test("brings a message with all its parts, and a receipt without an address", async () => {
    const { send, arrived, channel, secrets } = await stand(use);
    const delivery = await send(message({ link: { title: "Open", url: "https://custody.example.com/?a=1&b=<x>" } }));
    expect(delivery).toMatchObject({ outcome: "delivered", attempts: 1, channel: use });
    expect(arrived()).toHaveLength(1);
    const text = seen(use, arrived()[0] ?? "");
    for (const part of [
      "2 things need you",
      "Evidence is missing.",
      "GitHub alerts",
      "Nothing lost yet.",
      "custody collect github --backfill --from 2026-11-20",
      "18 Dec",
      "operator",
      "Backups",
      "Example GmbH",
      "digest-2026-11-20",
    ])
      expect(text).toContain(part);
    expect(arrived()[0]?.replace("&amp;", "&")).toContain("https://custody.example.com/?a=1&b=%3Cx%3E");
    expect(text).not.toContain("more");
    // What is kept is what was sent.
    expect(delivery.rendered.left).toBe(0);
    expect(delivery.rendered.text).toBe(arrived()[0]);
    const kept = JSON.stringify([
      delivery.rendered,
      "receipt" in delivery && delivery.receipt,
      "said" in delivery && delivery.said,
    ]);
    for (const secret of secrets.values()) expect(kept).not.toContain(secret);
    for (const private_ of ["anna@example.com", "-1001234", "s3cr3t"]) expect(kept).not.toContain(private_);
    expect(Object.isFrozen(channel.channel)).toBe(true);
  });

  test("is taken with hostile names in every place, and calls nobody", async () => {
    const { send, arrived } = await stand(use);
    const delivery = await send(
      message({
        title: HOSTILE,
        from: HOSTILE,
        paragraphs: [HOSTILE, "", "\u0000"],
        items: [{ title: HOSTILE, what: HOSTILE, lost: HOSTILE, todo: HOSTILE, until: HOSTILE, who: HOSTILE }],
        link: { title: HOSTILE, url: "javascript:alert(1)" },
        all: HOSTILE,
      }),
    );
    expect(delivery).toMatchObject({ outcome: "delivered" });
    const text = arrived()[0] ?? "";
    expect(text).not.toContain("javascript:");
    expect(text).not.toMatch(/\u202e|\u0000/);
    expect(text).not.toMatch(/\p{Surrogate}/u);
    if (use === "webhook" || use === "email") return;
    expect(text).not.toMatch(/@(everyone|anna)/);
    expect(text).not.toMatch(/(?<!\\)<[!@#]/);
    expect(text).not.toMatch(/(?<!\\)<(script|https:\/\/evil)/);
    expect(seen(use, text)).toContain("@everyone");
  });

  test("leaves out what does not fit, and says how much and where it is", async () => {
    const { send, arrived } = await stand(use);
    const all = items(use === "webhook" || use === "email" ? 2_000 : 120);
    const delivery = await send(message({ items: all }));
    expect(delivery).toMatchObject({ outcome: "delivered" });
    const { left } = delivery.rendered;
    expect(left).toBeGreaterThan(0);
    const text = seen(use, arrived()[0] ?? "");
    const kept = all.length - left;
    expect(kept).toBeGreaterThan(5);
    expect(text).toContain(`Item ${kept}`);
    expect(text).not.toContain(`Item ${kept + 1}`);
    if (use === "webhook") expect(JSON.parse(text).data).toMatchObject({ left, all: "custody gaps" });
    else expect(text).toContain(`And ${left} more: `);
    expect(text).toContain("custody gaps");
    expect(text).toContain("digest-2026-11-20");
  });

  test.each([
    ["emoji of many parts", "👩‍👩‍👧‍👦".repeat(3_000)],
    ["one letter with thousands of accents", `a${"\u0301".repeat(20_000)}`],
    ["what grows when it is escaped", "<&>*_".repeat(3_000)],
    ["mentions", "@a ".repeat(5_000)],
  ])("keeps the vendor's limits with %s", async (_, text) => {
    const { send, arrived } = await stand(use);
    const item = {
      title: text,
      what: text,
      lost: text,
      todo: text,
      commands: Array(30).fill(text),
      until: text,
      who: text,
    };
    const delivery = await send(
      message({ title: text, from: text, paragraphs: Array(10).fill(text), items: [item, item, item], all: text }),
    );
    expect(delivery).toMatchObject({ outcome: "delivered" });
    expect(arrived()[0]).not.toMatch(/\p{Surrogate}/u);
    expect(arrived()[0]).toContain("…");
  });

  test("keeps them at every length around them", async () => {
    const { send } = await stand(use);
    for (let length = 700; length <= 1_000; length += 20) {
      const item = { title: "x", what: "<".repeat(length) };
      expect(await send(message({ paragraphs: [], items: [item] }))).toMatchObject({ outcome: "delivered" });
    }
  });

  test("hides secrets of this installation that stand in a message", async () => {
    const { send, arrived, secrets } = await stand(use);
    secrets.set("unused", "-");
    const all = [...secrets.values()].join(" ");
    await send(message({ title: all, paragraphs: [all], items: [{ title: all, what: all, commands: [all] }] }));
    expect(arrived()).toHaveLength(1);
    expect(arrived()[0]).not.toContain("s3cr3t");
  });

  test("is tried again while it may pass, in growing steps, and then arrives once", async () => {
    const { send, arrived, fail, clock } = await stand(use);
    fail({ kind: "down" }, { kind: "hang-up" }, { kind: "down" });
    expect(await send(message())).toMatchObject({ outcome: "delivered", attempts: 4 });
    expect(arrived()).toHaveLength(1);
    expect(clock.slept).toEqual([1_000, 3_000, 9_000]);
  });

  test("gives up in time, with the reason", async () => {
    const { send, arrived, fail, clock } = await stand(use);
    fail(...Array<Fault>(20).fill({ kind: "down" }));
    const before = clock.now();
    expect(await send(message(), { within: 30_000 })).toMatchObject({ outcome: "failed", cause: "busy", attempts: 4 });
    expect(clock.now() - before).toBeLessThanOrEqual(30_000);
    expect(arrived()).toEqual([]);
  });

  test("does not wait for a server that never answers", async () => {
    const { send, fail } = await stand(use);
    fail({ kind: "silence" });
    const delivery = await send(message(), { attemptWithin: 100, within: 500 });
    expect(delivery).toMatchObject({ outcome: "failed", cause: "unreachable", attempts: 1 });
    expect(delivery.outcome === "failed" && delivery.error.message).toMatch(/no answer within|did not/);
  });

  test("says how long it was waited for in all, and promises nothing", async () => {
    const { send, fail } = await stand(use);
    fail({ kind: "hang-up" }, { kind: "silence" });
    const delivery = await send(message(), { attemptWithin: 100, within: 1_500 });
    // One second until the second attempt, and a part of one for it.
    expect(delivery).toMatchObject({ outcome: "failed", attempts: 2 });
    if (delivery.outcome !== "failed") return;
    expect(delivery.error.message).toContain("no answer within 2 s");
    expect(delivery.error.remedy).not.toMatch(/again/);
  });

  test("stops when Custody stops, without a word on how it went", async () => {
    const { send, fail } = await stand(use);
    fail({ kind: "silence" });
    const stop = new AbortController();
    const sending = send(message(), { signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(sending).rejects.toMatchObject({ code: "ABORTED" });
    await expect(send(message(), { signal: stop.signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("is refused for good without another attempt", async () => {
    const { send, fail, clock, asked } = await stand(use);
    fail({ kind: "status", status: 400, body: "invalid_payload" });
    const delivery = await send(message());
    expect(delivery).toMatchObject({ outcome: "failed", cause: "refused", attempts: 1 });
    expect([clock.slept, asked()]).toEqual([[], 1]);
  });
});

describe.each(OVER_HTTP)("%s", (use) => {
  test.each<[string, Fault, string]>([
    ["redirects", { kind: "redirect" }, "misconfigured"],
    ["answers without end", { kind: "endless" }, "answer"],
    ["was deleted", { kind: "status", status: 404, body: { message: "Unknown Webhook", code: 10015 } }, "gone"],
    ["is gone for good", { kind: "status", status: 410, body: "channel_is_archived" }, "gone"],
    ["is not let in", { kind: "status", status: 401, body: { ok: false } }, use === "telegram" ? "gone" : "refused"],
  ])("that %s is not asked again, and no message repeats the address", async (_, fault, cause) => {
    const { send, fail, asked, arrived } = await stand(use);
    fail(fault);
    const delivery = await send(message());
    expect(delivery).toMatchObject({ outcome: "failed", cause, attempts: 1 });
    const { error } = delivery as Extract<typeof delivery, { outcome: "failed" }>;
    expect(error.remedy).toMatch(/\w/);
    expect(JSON.stringify([error.message, error.remedy, delivery])).not.toContain("s3cr3t");
    expect([asked(), arrived()]).toEqual([1, []]);
  });

  test("that asks to wait is asked when it said, by whichever means it says so", async () => {
    const { send, fail, clock } = await stand(use);
    fail({ kind: "limited", seconds: use === "discord" ? 7.5 : 8 }, { kind: "down", after: "20" });
    expect(await send(message())).toMatchObject({ outcome: "delivered", attempts: 3 });
    expect(clock.slept).toEqual([use === "discord" ? 7_500 : 8_000, 20_000]);
  });

  test("that asks to wait too long is left alone, and the time is told", async () => {
    const { send, fail, clock } = await stand(use);
    fail({ kind: "limited", seconds: 3_600 });
    const delivery = await send(message());
    const notBefore = clock.now() + 3_600_000;
    expect(delivery).toMatchObject({ outcome: "failed", cause: "busy", attempts: 1, notBefore });
    expect(clock.slept).toEqual([]);
  });

  test("takes twenty messages at once, at its own pace", async () => {
    const { send, arrived } = await stand(use);
    for (let i = 0; i < 20; i += 1) {
      expect(await send(message({ id: `urgent-${i}` }))).toMatchObject({ outcome: "delivered" });
    }
    expect(arrived()).toHaveLength(20);
  });

  test("whose secret is missing or no address is not asked", async () => {
    const { send, secrets, asked } = await stand(use);
    const [first = ""] = secrets.keys();
    secrets.set(first, "s3cr3t nonsense");
    const wrong = await send(message());
    expect(wrong).toMatchObject({ outcome: "failed", cause: "misconfigured", attempts: 1 });
    expect(JSON.stringify(wrong)).not.toContain("nonsense");
    secrets.delete(first);
    expect(await send(message())).toMatchObject({ outcome: "failed", cause: "secret", attempts: 1 });
    expect(asked()).toBe(0);
  });
});

describe.each(["discord", "slack", "webhook"])("%s", (use) => {
  test("is reached without encryption on this machine only", async () => {
    const { send, secrets } = await stand(use);
    secrets.set("${env:HOOK}", "http://hooks.example.com/api/webhooks/1/s3cr3t");
    expect(await send(message())).toMatchObject({ outcome: "failed", cause: "misconfigured" });
  });
});

describe.each(["discord", "slack", "telegram"])("%s", (use) => {
  test("that answers with a page of somebody else has not taken it", async () => {
    const { send, fail } = await stand(use);
    fail({ kind: "page" });
    expect(await send(message())).toMatchObject({ outcome: "failed", cause: "answer", attempts: 1 });
  });
});

describe("discord", () => {
  test("is told to call nobody, and shows the sender's name", async () => {
    const { send, bodies } = await stand("discord");
    await send(message());
    expect(bodies()[0]).toMatchObject({ username: "Custody", allowed_mentions: { parse: [] } });
  });

  test("takes no address of another kind", async () => {
    const { send, secrets, asked } = await stand("discord");
    secrets.set("${env:HOOK}", `${secrets.get("${env:HOOK}")}/slack`);
    expect(await send(message())).toMatchObject({ outcome: "failed", cause: "misconfigured" });
    expect(asked()).toBe(0);
  });
});

describe("slack", () => {
  test("says which word it refused with, and no other text", async () => {
    const { send, fail } = await stand("slack");
    fail(
      { kind: "status", status: 403, body: "action_prohibited" },
      { kind: "status", status: 403, body: "s3cr3t_word" },
    );
    const said = async () => {
      const delivery = await send(message());
      return delivery.outcome === "failed" ? delivery.error.message : "";
    };
    expect(await said()).toContain("(status 403, action_prohibited)");
    expect(await said()).toContain("(status 403)");
  });
});

describe("telegram", () => {
  test.each<[string, number, object, string, string]>([
    ["a group that became larger", 400, { parameters: { migrate_to_chat_id: -100777 } }, "misconfigured", "-100777"],
    [
      "a bot that was put out",
      403,
      { description: "Forbidden: bot was kicked from the group chat" },
      "gone",
      "Add the bot",
    ],
    ["no such chat", 400, { description: "Bad Request: chat not found" }, "gone", "`chat:`"],
    ["no such topic", 400, { description: "Bad Request: message thread not found" }, "gone", "`topic:`"],
    ["a token that was taken back", 404, { description: "Not Found" }, "gone", "@BotFather"],
  ])("with %s says what to do", async (_, status, body, cause, remedy) => {
    const { send, fail } = await stand("telegram");
    fail({ kind: "status", status, body: { ok: false, error_code: status, ...body } });
    const delivery = await send(message());
    expect(delivery).toMatchObject({ outcome: "failed", cause, attempts: 1 });
    expect(delivery.outcome === "failed" && delivery.error.remedy).toContain(remedy);
  });

  test("writes to a topic where one is named", async () => {
    const { send, bodies } = await stand("telegram", { config: { topic: 4 } });
    expect(await send(message())).toMatchObject({ outcome: "delivered" });
    expect(bodies()[0]).toMatchObject({ message_thread_id: 4, link_preview_options: { is_disabled: true } });
  });
});

describe("webhook", () => {
  test("sends the same id at each attempt and for each time of the same notice, signed with the time of the attempt", async () => {
    const { send, fail, headers } = await stand("webhook");
    await send(message());
    fail({ kind: "down" });
    await send(message());
    await send(message({ id: "digest-2026-11-21" }));
    const [first, second, third] = headers();
    expect(first?.["webhook-id"]).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(second?.["webhook-id"]).toBe(first?.["webhook-id"]);
    expect(third?.["webhook-id"]).not.toBe(first?.["webhook-id"]);
    expect(Number(second?.["webhook-timestamp"])).toBe(Number(first?.["webhook-timestamp"]) + 1);
  });

  test("says what a program needs to know", async () => {
    const { send, bodies } = await stand("webhook");
    await send(message({ files: [{ name: "report.pdf", mediaType: "application/pdf", bytes: new Uint8Array(3) }] }));
    expect(bodies()[0]).toMatchObject({
      type: "custody.digest",
      data: {
        id: "digest-2026-11-20",
        organisation: "Example GmbH",
        items: [{ title: "GitHub alerts", commands: [expect.any(String)] }, { title: "Backups" }],
        left: 0,
        files: [
          {
            name: "report.pdf",
            size: 3,
            sha256: "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c",
          },
        ],
      },
    });
  });

  test("with a key that no library would take sends nothing", async () => {
    const { send, secrets, asked } = await stand("webhook");
    for (const key of ["whsec_short", "correct horse battery staple, and more words", "whsec_"]) {
      secrets.set("${env:KEY}", key);
      expect(await send(message())).toMatchObject({ outcome: "failed", cause: "misconfigured" });
    }
    expect(asked()).toBe(0);
  });
});

describe("email", () => {
  const config = (port: number, to: string[]) => ({ server: `127.0.0.1:${port}`, from: "custody@example.com", to });

  test("that only some get has failed, with the number, and is not sent again", async () => {
    const server = await smtpServer({ refuse: ["gone@example.com"] });
    const { send, clock } = await stand("email", {
      config: config(server.port, ["anna@example.com", "gone@example.com"]),
    });
    const delivery = await send(message());
    expect(delivery).toMatchObject({ outcome: "failed", cause: "recipients", attempts: 1 });
    expect(delivery.outcome === "failed" && delivery.error.message).toContain("1 of 2 recipients were refused");
    expect(JSON.stringify(delivery)).not.toContain("gone@");
    expect([server.mails.length, clock.slept]).toEqual([1, []]);
  });

  test("that nobody gets is refused", async () => {
    const server = await smtpServer({ refuse: ["gone@example.com"] });
    const { send } = await stand("email", { config: config(server.port, ["gone@example.com"]) });
    expect(await send(message())).toMatchObject({ outcome: "failed", cause: "refused", attempts: 1 });
  });

  test("has headers that programs sort by, one id for one notice, and no line of ours in them", async () => {
    const server = await smtpServer();
    const { send } = await stand("email", { config: config(server.port, ["anna@example.com"]) });
    await send(message({ title: "Two lines\r\nBcc: eve@example.com", id: "digest-2026-11-20" }));
    await send(message());
    const heads = server.mails.map(({ data }) => data.split("\n\n")[0] ?? "");
    for (const head of heads) {
      expect(head).toMatch(/^Auto-Submitted: auto-generated$/im);
      expect(head).toMatch(/^X-Custody-Notice: digest-2026-11-20$/im);
      expect(head).not.toMatch(/^Bcc/im);
    }
    const ids = heads.map((head) => /^Message-ID: (<[0-9a-f]{32}@example\.com>)$/im.exec(head)?.[1]);
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
    expect(server.mails[0]?.to).toEqual(["anna@example.com"]);
  });

  test("carries files up to a size, and names them beyond it", async () => {
    const server = await smtpServer();
    const { send } = await stand("email", { config: config(server.port, ["anna@example.com"]) });
    const file = (size: number) => ({
      name: "report 2026-10.pdf",
      mediaType: "application/pdf",
      bytes: new Uint8Array(size),
    });
    await send(message({ files: [file(1_000)] }));
    expect(server.mails[0]?.data).toMatch(/Content-Disposition: attachment; filename="report 2026-10.pdf"/);
    await send(message({ files: [file(11 * 1024 * 1024)] }));
    expect(server.mails[1]?.data).not.toContain("attachment");
    expect(mailText(server.mails[1]?.data ?? "")).toContain("Not attached here: report 2026-10.pdf");
  });
});
