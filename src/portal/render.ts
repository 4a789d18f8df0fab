import Handlebars from "handlebars";
import { many } from "../duties/words.ts";
import * as views from "./views/pages.ts";

export type PageName = "home" | "controls" | "gaps" | "runs" | "fingerprint" | "message";

/** What every page shows around its content. */
export interface Frame {
  readonly title: string;
  readonly organisation: string;
  readonly zone: string;
  readonly software: string;
  /** Until when the clock was simulated, in words. */
  readonly simulated?: string | undefined;
  readonly head?: { readonly size: number; readonly root: string } | undefined;
  readonly path: string;
}

const PAGES = [
  { href: "/", name: "Today" },
  { href: "/controls", name: "Controls" },
  { href: "/gaps", name: "Gaps" },
  { href: "/runs", name: "Runs" },
] as const;

export type Render = (page: PageName, frame: Frame, content: object) => string;

/** The templates, compiled once. Everything from outside is escaped; a name that a template lacks is empty, not an error. */
export function createRender(): Render {
  const own = Handlebars.create();
  own.registerPartial({ table: views.table, cell: views.cell });
  const options = { knownHelpersOnly: true, preventIndent: true } as const;
  const compile = (template: string) => own.compile<object>(template, options);
  const layout = compile(views.layout);
  const pages: Record<PageName, ReturnType<typeof compile>> = {
    home: compile(views.home),
    controls: compile(views.controls),
    gaps: compile(views.gaps),
    runs: compile(views.runs),
    fingerprint: compile(views.fingerprint),
    message: compile(views.message),
  };
  return (page, { path, ...frame }, content) => {
    const nav = PAGES.map((one) => ({ ...one, current: one.href === path }));
    const signedRecords = frame.head && many(frame.head.size, "signed record");
    return layout({ ...frame, signedRecords, pages: nav, body: pages[page](content) });
  };
}
