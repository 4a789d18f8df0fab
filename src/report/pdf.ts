import { drawBar, drawLegend } from "./bar.ts";
import type { Block } from "./blocks.ts";
import { documentOf } from "./document.ts";
import type { Fonts } from "./fonts.ts";
import { look } from "./look.ts";
import { type Drawn, fontsPart } from "./part-integrity.ts";
import { brokenVerdict } from "./part-shortcomings.ts";
import type { ReportModel } from "./shape.ts";
import { Sheet } from "./sheet.ts";
import { cellLines, drawTable, putCellLine } from "./table.ts";
import { Typesetter } from "./typeset.ts";
import { count, fill, localTime, type Wording } from "./words.ts";

/** A report on paper, and what drawing it could not do. */
export interface Rendered extends Drawn {
  readonly bytes: Uint8Array;
  readonly pages: number;
}

type Drawers = { readonly [K in Block["kind"]]: (sheet: Sheet, block: Extract<Block, { kind: K }>) => void };

const SIZES = { 1: look.size.h1, 2: look.size.h2, 3: look.size.h3 } as const;

const draw: Drawers = {
  cover(sheet, block) {
    sheet.openSection(block.title);
    sheet.doc.outline.addItem(block.title);
    const title = sheet.element("H1");
    sheet.flow(title, "H1", sheet.set(block.title, "bold", look.size.cover, sheet.width), {
      x: sheet.left,
      size: look.size.cover,
      colour: look.colour.accent,
      height: look.size.cover * 1.25,
    });
    title.end();
    sheet.y += 4;
    for (const [text, style, size, colour] of [
      [block.subtitle, "bold", look.size.subtitle, look.colour.ink] as const,
      ...block.lines.map((l) => [l, "regular", look.size.text, look.colour.muted] as const),
    ]) {
      const p = sheet.element("P");
      sheet.flow(p, "P", sheet.set(text, style, size, sheet.width), { x: sheet.left, size, colour });
      p.end();
    }
    sheet.y += 5;
    sheet.artifact(() => sheet.rule(sheet.y, look.colour.accent, undefined, undefined, 1.2));
    sheet.y += 9;
  },

  part(sheet, block) {
    sheet.turn(block.layout, block.joins);
  },

  heading(sheet, { level, text, room = level === 3 ? 70 : 80 }) {
    const size = SIZES[level];
    const before = sheet.isFresh ? 0 : level === 1 ? 16 : level === 2 ? 10 : 6;
    const lines = sheet.set(text, "bold", size, sheet.width);
    // A heading is never alone at the foot of a page.
    sheet.need(before + lines.length * size * look.leading + room);
    if (!sheet.isFresh) sheet.y += before;
    if (level === 1) sheet.openSection(text);
    if (level === 1) sheet.doc.outline.addItem(text, { expanded: false });
    else if (level === 2) sheet.doc.outline.children.at(-1)?.addItem(text);
    const type = `H${level}`;
    const element = sheet.element(type);
    sheet.flow(element, type, lines, {
      x: sheet.left,
      size,
      colour: level === 3 ? look.colour.ink : look.colour.accent,
    });
    element.end();
    sheet.y += level === 1 ? 4 : 2;
  },

  paragraph(sheet, { text, style }) {
    const p = sheet.element("P");
    const colour = style === "muted" ? look.colour.muted : look.colour.ink;
    sheet.flow(p, "P", sheet.set(text, "regular", look.size.text, Math.min(sheet.width, 560)), {
      x: sheet.left,
      size: look.size.text,
      colour,
    });
    p.end();
    sheet.y += 5;
  },

  notice(sheet, { title, lines, tone }) {
    const size = look.size.text;
    const wide = sheet.width - 20;
    const bad = tone === "bad";
    const head = sheet.set(title, "bold", size, wide - (bad ? size * 1.2 : 0));
    const set = lines.flatMap((l) => sheet.set(l, "regular", size, wide));
    const height = (head.length + set.length) * size * look.leading + 12;
    sheet.need(height + 6);
    const { y } = sheet;
    sheet.artifact(() => {
      sheet.doc.rect(sheet.left, y, sheet.width, height).fill(bad ? look.colour.badBand : look.colour.band);
      sheet.doc.rect(sheet.left, y, 3, height).fill(bad ? look.colour.bad : look.colour.accent);
      if (!bad) return;
      sheet.doc.rect(sheet.left, y, sheet.width, height).lineWidth(1.2).strokeColor(look.colour.bad).stroke();
      sheet.mark("bad", sheet.left + 12, y + 6 + size * 1.05, size);
    });
    sheet.y += 6;
    const p = sheet.element("P");
    const x = sheet.left + 12;
    sheet.flow(p, "P", head, { x: bad ? x + size * 1.2 : x, size, colour: bad ? look.colour.bad : look.colour.ink });
    sheet.flow(p, "P", set, { x, size, colour: look.colour.ink });
    p.end();
    sheet.y = y + height + 9;
  },

  pairs(sheet, { rows, small }) {
    const size = small ? look.size.table : look.size.text;
    const height = size * (small ? 1.28 : look.leading);
    const x = sheet.left + look.label;
    const wide = Math.min(sheet.width - look.label, 480);
    const list = sheet.element("L");
    for (const { label, cell } of rows) {
      const name = sheet.set(label, "bold", look.size.table, look.label - 10);
      const lines = cellLines(sheet, cell, size, wide);
      sheet.need(Math.min(Math.max(name.length, lines.length), 4) * height);
      const item = sheet.element("LI", list);
      const [lbl, body] = [sheet.element("Lbl", item), sheet.element("LBody", item)];
      const top = sheet.y;
      sheet.within(lbl, "Lbl", () => {
        for (const [i, set] of name.entries())
          sheet.put(set, sheet.left, top + i * height + size * 1.05, look.size.table, look.colour.accent);
      });
      let i = 0;
      let pages = 0;
      while (i < lines.length) {
        if (sheet.room < height) {
          sheet.addPage();
          pages += 1;
        }
        sheet.within(body, "LBody", () => {
          for (; i < lines.length && sheet.room >= height; i++) {
            const line = lines[i];
            if (line) putCellLine(sheet, line, x, wide, sheet.y + size * 1.05, size, false);
            sheet.y += height;
          }
        });
      }
      if (pages === 0) sheet.y = Math.max(sheet.y, top + name.length * height);
      for (const element of [lbl, body, item]) element.end();
      sheet.y += 1.2;
    }
    list.end();
    sheet.y += 5;
  },

  table: drawTable,
  bar: drawBar,
  legend: drawLegend,

  list(sheet, { ordered, items }) {
    const size = look.size.text;
    const indent = ordered ? 20 : 12;
    const list = sheet.element("L");
    for (const [n, item] of items.entries()) {
      const lines = sheet.set(item.text, "regular", size, Math.min(sheet.width - indent, 540));
      const codeHeight = look.size.code * 1.5;
      const code = (item.code ?? []).flatMap((c) => sheet.set(c, "mono", look.size.code, sheet.width - indent - 16));
      sheet.need(
        Math.min(lines.length, 3) * size * look.leading + (code.length > 0 ? code.length * codeHeight + 12 : 0),
      );
      const li = sheet.element("LI", list);
      const [lbl, body] = [sheet.element("Lbl", li), sheet.element("LBody", li)];
      sheet.within(lbl, "Lbl", () => {
        sheet.put(
          sheet.type.single(ordered ? `${n + 1}.` : "•", "bold", size),
          sheet.left,
          sheet.y + size * 1.05,
          size,
          look.colour.accent,
        );
      });
      sheet.flow(body, "LBody", lines, { x: sheet.left + indent, size, colour: look.colour.ink });
      if (code.length > 0) {
        sheet.y += 2;
        const height = code.length * codeHeight + 8;
        sheet.artifact(() =>
          sheet.doc.rect(sheet.left + indent, sheet.y, sheet.width - indent, height).fill(look.colour.band),
        );
        sheet.y += 4;
        const element = sheet.element("Code", body);
        sheet.flow(element, "Code", code, {
          x: sheet.left + indent + 8,
          size: look.size.code,
          colour: look.colour.ink,
          height: codeHeight,
        });
        element.end();
        sheet.y += 6;
      }
      for (const element of [lbl, body, li]) element.end();
      sheet.y += ordered ? 4 : 1.5;
    }
    list.end();
    sheet.y += 5;
  },

  boxes(sheet, { titles, height }) {
    sheet.need(height + 8);
    const { y } = sheet;
    const wide = (sheet.width - 10 * (titles.length - 1)) / titles.length;
    for (const [i, title] of titles.entries()) {
      const x = sheet.left + i * (wide + 10);
      sheet.artifact(() => sheet.doc.rect(x, y, wide, height).lineWidth(0.8).strokeColor(look.colour.muted).stroke());
      const p = sheet.element("P");
      sheet.within(p, "P", () => {
        sheet.put(sheet.type.single(title, "bold", look.size.table), x + 7, y + 13, look.size.table, look.colour.muted);
      });
      p.end();
    }
    sheet.y = y + height + 8;
  },
};

function drawBlock<K extends Block["kind"]>(sheet: Sheet, block: Extract<Block, { kind: K }>): void {
  (draw[block.kind as K] as (sheet: Sheet, block: Extract<Block, { kind: K }>) => void)(sheet, block);
}

/** What every page says: which report, which period, which state of the log; that the log is broken, and that a demonstration is one. */
function frame(sheet: Sheet, model: ReportModel, wording: Wording): void {
  const zone = model.organisation.zone;
  const { page: size } = look.size;
  const { muted, bad } = look.colour;
  const text = (words: string, bold = false) => sheet.type.single(words, bold ? "bold" : "regular", size);
  const right = (words: string, y: number) => {
    const set = text(words);
    sheet.put(set, sheet.left + sheet.width - set.width, y, size, muted);
  };
  const name = Array.from(model.organisation.name).slice(0, 60).join("");
  const loud = [
    ...(brokenVerdict(model) === undefined ? [] : [wording.brokenPage]),
    ...(model.demo ? [fill(wording.demo, { until: `${localTime(model.demo.simulatedUntil, zone)} ${zone}` })] : []),
  ].join(" · ");
  sheet.eachPage((page, of) => {
    const foot = sheet.doc.page.height - look.footerAt;
    sheet.artifact(() => {
      sheet.put(text(`${name} · ${model.period.label}`), sheet.left, look.headerAt, size, muted);
      right(model.id, look.headerAt);
      if (loud) sheet.put(text(loud, true), sheet.left, look.headerAt + 11, size, bad);
      sheet.rule(look.headerAt + (loud ? 16 : 6));
      sheet.rule(foot - 11);
      const { ledger } = model;
      sheet.put(
        text(
          `Log ${count(ledger.size)} records · root ${ledger.root.slice(0, 12)}… · key ${ledger.keyId} · as of ${ledger.asOf.replace(/\.\d+Z$/, "Z")}`,
        ),
        sheet.left,
        foot,
        size,
        muted,
      );
      right(`page ${page} of ${of}`, foot);
    }, "Pagination");
  });
}

/**
 * Draws the report. The same model, wording and fonts give the same bytes in any zone and locale: dates come from the
 * model, compression is our own copy, nothing asks the machine.
 */
export async function renderPdf(model: ReportModel, fonts: Fonts, wording: Wording): Promise<Rendered> {
  const type = new Typesetter(fonts);
  const sheet = new Sheet(type, {
    title: `${wording.title}, ${model.organisation.name}, ${model.period.label}`,
    author: model.organisation.name,
    subject: model.id,
    at: new Date(model.ledger.asOf),
  });
  for (const block of documentOf(model, wording)) drawBlock(sheet, block);
  const drawn: Drawn = {
    fonts: type.used.map(({ file, digest }) => ({ file, digest })),
    unprintable: type.missing,
    rightToLeft: type.rightToLeft,
  };
  for (const block of fontsPart(drawn, wording)) drawBlock(sheet, block);
  const pages = sheet.doc.bufferedPageRange().count;
  frame(sheet, model, wording);
  return { bytes: await sheet.finish(), pages, ...drawn };
}
