import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alertmanager } from "../collectors/alertmanager.ts";
import { prometheus } from "../collectors/prometheus.ts";
import { ofKind } from "../src/collector/facts.ts";
import type { Fact, FactOf } from "../src/evidence/fact.ts";
import type { Clock } from "../src/lib/clock.ts";
import { type Collecting, collecting } from "./support/collecting.ts";
import { eventually, type Monitoring, PROMETHEUS_PROGRAMS, startMonitoring } from "./support/prometheus.ts";
import { describeWith } from "./support/tools.ts";

interface Delivered {
  readonly authorization: string | undefined;
  readonly bytes: Buffer;
}

/** An HTTP server that keeps what Alertmanager sends. */
async function listenForHooks(): Promise<{ server: Server; url: string; delivered: Delivered[] }> {
  const delivered: Delivered[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      delivered.push({ authorization: request.headers.authorization, bytes: Buffer.concat(parts) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/am`, delivered };
}

const MINUTE = 60_000;
const lastMinute = () => ({ from: Date.now() - MINUTE, to: Date.now() });
/** The machine's time; waiting before another attempt takes none. */
const impatientClock: Clock = { now: () => Date.now(), sleep: async () => {} };

describeWith(PROMETHEUS_PROGRAMS, "real Prometheus and Alertmanager", () => {
  let hooks: Awaited<ReturnType<typeof listenForHooks>>;
  let monitoring: Monitoring;
  beforeAll(async () => {
    hooks = await listenForHooks();
    monitoring = await startMonitoring({ hook: { url: hooks.url, token: "TOKEN" } });
  });
  afterAll(async () => {
    await monitoring?.stop();
    hooks?.server.close();
  });

  const prom = () => collecting(prometheus, { url: monitoring.prometheus.url, tolerance: "3s" }, impatientClock);
  const am = () => collecting(alertmanager, { url: monitoring.alertmanager.url }, impatientClock);
  async function factsOf<K extends Fact["kind"]>(of: Collecting, kind: K): Promise<FactOf<K>[]> {
    return ofKind(await of.facts(), kind).map(({ fact }) => fact);
  }

  /** The first alert in this state that the real webhook told of. */
  async function told(state: "firing" | "resolved"): Promise<FactOf<"alert">> {
    const received = await am();
    return eventually(`a webhook about a ${state} alert`, async () => {
      for (const { bytes } of hooks.delivered) await received.receive(bytes);
      return (await factsOf(received, "alert")).find((alert) => alert.state === state);
    });
  }

  test("an alert fires, is collected while it does, and again with its end when it is over", async () => {
    const collected = await prom();
    const inHistory = (state: string) =>
      eventually(`a ${state} alert in the history`, async () => {
        await collected.run(lastMinute());
        return (await factsOf(collected, "alert")).find((alert) => alert.state === state);
      });
    await monitoring.alert("firing");
    const live = await inHistory("firing");
    expect(live).toMatchObject({ name: "TargetDown", severity: "critical", endsAt: null });
    expect(await factsOf(collected, "alert-rule")).toEqual([
      expect.objectContaining({ name: "TargetDown", severity: "critical", expression: 'up{job="target"} == 0' }),
    ]);

    const firing = await told("firing");
    expect(firing.endsAt).toBeNull();
    expect(firing.startsAt).toBe(live.startsAt);
    expect(hooks.delivered[0]?.authorization).toBe("Bearer TOKEN");
    const snapshot = await am();
    expect((await snapshot.run(lastMinute())).outcome).toBe("collected");
    expect(await factsOf(snapshot, "alert")).toEqual([firing]);

    await monitoring.target.up();
    await monitoring.alert("inactive");
    const resolved = await told("resolved");
    expect(resolved.id).toBe(firing.id);
    const ended = await inHistory("resolved");
    expect(await factsOf(collected, "alert")).toHaveLength(1);
    // Two systems, one truth: to the millisecond.
    expect(ended).toEqual({ ...live, state: "resolved", endsAt: resolved.endsAt });
    expect(await collected.problems()).toEqual([]);
  }, 60_000);

  test("a silence shows who muted what and why, and the alert is suppressed", async () => {
    const post = async (path: string, body: unknown) => {
      const url = `${monitoring.alertmanager.url}/api/v2/${path}`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      expect(answer.status).toBe(200);
    };
    const startsAt = new Date().toISOString();
    const endsAt = new Date(Date.now() + 10 * MINUTE).toISOString();
    const matchers = [{ name: "alertname", value: "Noisy", isRegex: false, isEqual: true }];
    await post("silences", { matchers, startsAt, endsAt, createdBy: "anna", comment: "disk swap, ticket 12" });
    await post("alerts", [{ labels: { alertname: "Noisy", severity: "warning" }, startsAt }]);
    const snapshot = await am();
    const noisy = await eventually("the silenced alert", async () => {
      await snapshot.run(lastMinute());
      return (await factsOf(snapshot, "alert")).find(({ name, state }) => name === "Noisy" && state === "suppressed");
    });
    expect(noisy).toMatchObject({ startsAt: Date.parse(startsAt), endsAt: null, severity: "warning" });
    expect(await factsOf(snapshot, "silence")).toEqual([
      expect.objectContaining({
        by: "anna",
        comment: "disk swap, ticket 12",
        matches: 'alertname="Noisy"',
        endsAt: Date.parse(endsAt),
      }),
    ]);
  }, 60_000);

  test("Prometheus down is unavailable; up again, what it missed is not claimed", async () => {
    const collected = await prom();
    const watched = Date.now() - 5_000;
    await monitoring.prometheus.stop();
    const stopped = Date.now();
    expect((await collected.run(lastMinute())).draft).toMatchObject({ outcome: "unavailable", covered: [] });
    await monitoring.prometheus.start();
    const started = Date.now();
    const { draft } = await eventually("samples after the interruption", async () => {
      const result = await collected.run({ from: watched, to: Date.now() });
      return Date.parse(result.draft.covered.at(-1)?.from ?? "") >= started ? result : undefined;
    });
    expect(draft).toMatchObject({ outcome: "partial", reason: "interrupted" });
    for (const { from, to } of draft.covered) {
      expect(Date.parse(from) >= started || Date.parse(to) <= stopped).toBe(true);
    }
    expect(draft.covered).toHaveLength(2);
  }, 60_000);
});
