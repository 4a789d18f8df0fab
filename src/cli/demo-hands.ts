import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { collectors } from "../../collectors/index.ts";
import { approveActivity } from "../acts/approving.ts";
import { closingConditions } from "../acts/closing.ts";
import { type DecisionRequest, openEvents, recordDecision, recordReport } from "../acts/deciding.ts";
import { type Origin, openFinding, stepFinding } from "../acts/finding-out.ts";
import { freezePopulation } from "../acts/freezing.ts";
import { checkActs, checkFiles } from "../acts/hashing-again.ts";
import { type HeldRequest, recordHeld } from "../acts/holding.ts";
import { itemNamed, nowIn, readKept, recordHandling, recordItem } from "../acts/keeping-custody.ts";
import { openRegister } from "../acts/open-register.ts";
import { openSamples, sampleNamed } from "../acts/open-samples.ts";
import { recordIncident } from "../acts/registering.ts";
import { recordReview } from "../acts/reviewing.ts";
import { drawSample, markRows } from "../acts/sampling.ts";
import { openSigning, signAll } from "../acts/signing.ts";
import { type ActionRequest, actOnAction } from "../acts/tracking.ts";
import { grantWaiver } from "../acts/waiving.ts";
import { loadConfig } from "../config/config.ts";
import type { Custody } from "../custody.ts";
import type { Actor, Decided, Deed, Hands, Said } from "../demo/hands.ts";
import { FOLDERS, settings } from "../demo/settings.ts";
import type { EventState } from "../events/fold.ts";
import type { IncidentAct } from "../incidents/acts.ts";
import { closingProblems } from "../incidents/closing.ts";
import type { Moment } from "../incidents/moment.ts";
import { happenedFields } from "../incidents/moment.ts";
import { iso } from "../lib/time.ts";
import { newToken, personId, tokenLine } from "../people.ts";
import { readPolicyText, shippedPath } from "../policies.ts";
import { chosenRows } from "../samples/sample.ts";
import { catalogueIn } from "../views/gathering.ts";
import { declareNow } from "../work.ts";
import { allGaps, answerGap } from "./gaps.ts";
import { placeHold } from "./hold.ts";
import { parseLimit, parsePeriod } from "./moment.ts";
import type { Output } from "./output.ts";
import { humanRequests, nilRequests } from "./sign.ts";

/** Personal tokens of the made-up people, made for the time of the story and then forgotten; what stays is their hashes. */
export type Tokens = Readonly<Record<Actor, string>>;

export const makeTokens = (): Tokens => ({
  katrin: newToken(),
  jonas: newToken(),
  lena: newToken(),
  ines: newToken(),
});

/** What stands under `token:` for each of them. */
export const tokenLines = (tokens: Tokens): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, tokenLine(token)]));

/** Lets the people of the story act in its workspace, by what the commands of the same names do. */
export function actIn(custody: Custody, tokens: Tokens): (deed: Deed) => Promise<void> {
  const hands = handsIn(custody, tokens);
  // One configuration for each, so that what is read for it is read once.
  let base = custody.config;
  const shown = new Map<Actor, Custody["config"]>();
  return async ({ by, does }) => {
    if (custody.config !== base) shown.clear();
    base = custody.config;
    const own = shown.get(by) ?? { ...base, personalToken: () => tokens[by] };
    shown.set(by, own);
    custody.reconfigure(own);
    try {
      await does(hands);
    } finally {
      // Where the deed put other rules in force, these stay.
      custody.reconfigure(custody.config === own ? base : custody.config);
    }
  };
}

/** Nobody reads along while the story is told. */
const SILENT: Output = { json: false, line() {}, note() {}, progress() {}, object() {} };

const MINUTE = 60_000;
const DAY = 86_400_000;

function handsIn(custody: Custody, tokens: Tokens): Hands {
  const ids = new Map<string, string>();
  const idOf = (story: string): string => {
    const id = ids.get(story);
    if (id === undefined) throw new RangeError(`the story has no ${story} so far`);
    return id;
  };
  const zone = () => custody.config.organisation.zone;
  const write = async (file: string, text: string): Promise<string> => {
    const path = join(custody.config.root, FOLDERS.papers, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const happened = () => happenedFields({ at: custody.clock.now(), precision: 1 });

  return {
    async incident(story, act, said) {
      const known = ids.get(`incident ${story}`);
      const request = { act: act as IncidentAct, incident: act === "open" ? undefined : known, ...requestOf(said) };
      const { incident } = await recordIncident(custody, request);
      ids.set(`incident ${story}`, incident);
    },

    async close(story, reason, waive) {
      const incident = idOf(`incident ${story}`);
      await recordIncident(custody, { act: "close", incident, words: { reason }, waive });
    },

    async action(story, act, said) {
      const { incident, ...rest } = said as { incident?: string };
      const known = ids.get(`action ${story}`);
      const request = {
        ...rest,
        act,
        ...(act === "open" ? {} : { id: known }),
        ...(incident === undefined ? {} : { incident: idOf(`incident ${incident}`) }),
      } as ActionRequest;
      ids.set(`action ${story}`, (await actOnAction(custody, request)).id);
    },

    async review(story, file, text, controls, reason) {
      const incidents = [idOf(`incident ${story}`)];
      const { id } = await recordReview(custody, { incidents, file: await write(file, text), controls, reason });
      ids.set(`review ${story}`, id);
    },

    async approve(story) {
      await approveActivity(custody, { id: idOf(`review ${story}`), digest: undefined }, true);
    },

    async held(type, { value, ...said }) {
      const request = { type, ...said, ...(value === undefined ? {} : { values: [value].flat() }) };
      await recordHeld(custody, request as HeldRequest);
    },

    async keep(story, file, text, { values = {}, people = {}, words = {} }) {
      const ledger = await custody.ledger();
      const ref = await ledger.putFile(await write(file, text), "text/plain");
      const named: Record<string, string> = {};
      for (const [field, name] of Object.entries(people)) named[field] = await personId(custody, name);
      const { id } = await recordItem(custody, await readKept(custody), {
        id: undefined,
        incident: idOf(`incident ${story}`),
        physical: false,
        files: [{ ref, name: file }],
        values: { ...values, ...named } as never,
        words,
        holder: undefined,
        when: undefined,
      });
      ids.set(`evidence ${story}`, id);
    },

    async handle(story, act, { to, reason }) {
      const kept = await readKept(custody);
      const item = itemNamed(kept, idOf(`evidence ${story}`));
      const when = nowIn(custody, kept);
      const incident = item.incident === undefined ? {} : { incident: item.incident };
      if (act === "verify") {
        const acts = checkActs(await checkFiles(custody, item.files), when, reason);
        await recordHandling(
          custody,
          item.id,
          acts.map((one) => ({ ...one, ...incident })),
          "hand-out",
        );
        return;
      }
      const parties =
        to === undefined
          ? { digests: item.files.map(({ digest }) => digest) }
          : { from: item.holder ?? "", to: await personId(custody, to) };
      await recordHandling(custody, item.id, [{ act, ...incident, ...parties, words: { reason }, when }]);
    },

    async hold(id, authority, story) {
      await placeHold(custody, id, { authority, incident: idOf(`incident ${story}`) });
    },

    async report(story, { channel = "", subject = "", text }, received, acknowledged) {
      const moment = (at: number): Moment => ({ at, precision: MINUTE });
      const reported = { channel, subject, text, received: moment(received), acknowledged: moment(acknowledged) };
      ids.set(`report ${story}`, (await recordReport(custody, reported)).event);
    },

    async decide(...decisions) {
      const deciding = await openEvents(custody);
      for (const one of decisions) {
        const { decision, reason, story } = one;
        const found =
          one.report === undefined
            ? deciding.log.events.filter(like(one))
            : [deciding.find(idOf(`report ${one.report}`))];
        if (found.length === 0) continue;
        const request: DecisionRequest = {
          events: found,
          decision,
          reason,
          ...(decision === "incident" ? { incident: idOf(`incident ${story}`) } : {}),
          ...(decision === "duplicate" ? { duplicateOf: deciding.find(idOf(`report ${story}`)) } : {}),
          ...(one.report === undefined ? { chosen: chosenInWords(one) } : {}),
        };
        await recordDecision(custody, deciding, request);
      }
    },

    async gaps(act, reason, until) {
      const now = custody.clock.now();
      for (const gap of await allGaps(custody)) {
        const isNew = act === "acknowledge" && gap.acknowledged === undefined && gap.accepted === undefined;
        // What is still missing a week later will not come by itself.
        const stays = act === "accept" && gap.closedAt === undefined && gap.to < now - 7 * DAY;
        if (gap.state === "open" && (isNew || stays)) await answerGap(custody, act, gap.id, { until, reason });
      }
    },

    async settle(reason) {
      const opened = await openRegister(custody);
      for (const { id, origin, state } of opened.incidents.values()) {
        if (origin !== "custody" || (state !== "open" && state !== "resolved")) continue;
        const record = (act: IncidentAct, said: Pick<Said, "values" | "words">) =>
          recordIncident(custody, { act, incident: id, ...requestOf(said) });
        if (state === "open") {
          const words = { reason: "Evidence was missing for a while; nobody saw anything that they must not see." };
          await record("personal-data", { values: { decision: "no" }, words });
          await record("cause", { words: { text: "As the gap says; nobody had noticed it in between." } });
          const resumes = { measure: "collection-resumes", result: "done" };
          await record("measure", { values: resumes, words: { text: reason } });
          await record("resolve", { words: { text: reason } });
        }
        const now = await openRegister(custody);
        // What does not hold yet is for the next time.
        const found = now.find(id);
        if (closingProblems(found, closingConditions(now, found)).length === 0)
          await record("close", { words: { reason } });
      }
    },

    async signMonth(month) {
      const window = parsePeriod(month, zone());
      const signing = await openSigning(custody);
      const nil = [];
      for (const one of signing.nilReturns(window)) {
        if (one.state !== "confirmable") continue;
        const requests = await nilRequests(custody, signing, window, { requirement: [one.requirement] }, SILENT);
        if (typeof requests !== "number") nil.push(...requests);
      }
      await signAll(custody, signing, [...nil, ...humanRequests(custody, signing, "monthly-review", window, {})]);
    },

    async finding(story, act, { origin, control, gap, owner, due, reference, text, result }) {
      const until = due === undefined ? undefined : parseLimit(due, zone()) - 1;
      if (act === "open") {
        const request = { origin: origin as Origin, reference, control, gap, owner, due: until, files: [] };
        ids.set(`finding ${story}`, (await openFinding(custody, { ...request, happened: happened() })).id);
        return;
      }
      const step = { act: act as never, text, result: result as never, owner, due: until, files: [], actions: [] };
      await stepFinding(custody, idOf(`finding ${story}`), { ...step, happened: happened() });
    },

    async waive(requirement, stories, until, reason) {
      await custody.history();
      const { catalogue } = await catalogueIn(custody, { config: custody.newestConfig });
      const known = catalogue.controls.flatMap(({ requirements }) =>
        requirements.map(({ id, basis, check }) => ({ id, basis, check: check.kind })),
      );
      const incidents = stories.map((story) => idOf(`incident ${story}`));
      await grantWaiver(custody, { requirement, incidents, until, owner: "katrin", reason, earlier: false }, known);
    },

    async sample(text, size, words) {
      const period = parsePeriod(text, zone());
      const { id } = await freezePopulation(custody, { of: "incidents", period, only: [] });
      const named = async () => sampleNamed(await openSamples(custody), id);
      await drawSample(custody, await named(), { size, words });
      const rows = chosenRows(await named()).length;
      const accepted = Array.from({ length: rows - 1 }, (_, i) => String(i + 1));
      if (accepted.length > 0) await markRows(custody, await named(), accepted, { result: "accepted" });
      const note = "The record says when it was noticed, and not how.";
      await markRows(custody, await named(), [String(rows)], { result: "flagged", note });
    },

    async rules(change) {
      await write(RULES_FILE, change(await readPolicyText(shippedPath("sev1-4"))));
      const { path } = custody.config;
      await writeFile(path, settings({ tokens: tokenLines(tokens), policy: `./${FOLDERS.papers}/${RULES_FILE}` }));
      custody.reconfigure(await loadConfig(path, collectors));
      await declareNow(custody);
    },
  };
}

const RULES_FILE = "incident-procedure.yaml";

function requestOf({ values = {}, people = {}, words = {}, at }: Said) {
  return { values: values as never, people, words, ...(at === undefined ? {} : { at: { at, precision: MINUTE } }) };
}

/** Undecided alerts as somebody picks them from the list. */
function like({ name, severity, before = Number.POSITIVE_INFINITY }: Decided): (event: EventState) => boolean {
  return ({ decided, when, ...event }) =>
    decided === undefined &&
    when < before &&
    (name === undefined || event.name === name) &&
    (severity === undefined || event.severity === severity);
}

function chosenInWords({ name, severity, before }: Decided): string {
  return [
    ...(name === undefined ? [] : [`name ${name}`]),
    ...(severity === undefined ? [] : [`severity ${severity}`]),
    ...(before === undefined ? [] : [`until ${iso(before)}`]),
  ].join(", ");
}
