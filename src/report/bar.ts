import type { BarPattern, Block } from "./blocks.ts";
import { look } from "./look.ts";
import type { Sheet } from "./sheet.ts";

const HEIGHT = 13;
/** However short, a hole is seen. */
const THINNEST = 1.1;
/** Holes are drawn over what surrounds them. */
const ORDER: readonly BarPattern[] = ["empty", "crossed", "dotted", "solid", "grey", "half", "hatched"];

function drawPattern(sheet: Sheet, pattern: BarPattern, x: number, y: number, width: number, height: number): void {
  const { doc } = sheet;
  const { accent, grey, bad } = look.colour;
  doc.save().rect(x, y, width, height).clip();
  switch (pattern) {
    case "solid":
      doc.rect(x, y, width, height).fill(accent);
      break;
    case "grey":
      doc.rect(x, y, width, height).fill(grey);
      break;
    case "half":
      doc.rect(x, y, width, height).fill("#ffffff");
      doc.rect(x, y + height / 2, width, height / 2).fill(accent);
      break;
    case "hatched":
      doc.rect(x, y, width, height).fill("#ffffff");
      doc.lineWidth(1).strokeColor(bad);
      for (let at = x - height; at < x + width; at += 3.2) doc.moveTo(at, y + height).lineTo(at + height, y);
      doc.stroke();
      doc
        .moveTo(x, y)
        .lineTo(x + width, y)
        .moveTo(x, y + height)
        .lineTo(x + width, y + height)
        .lineWidth(1.2)
        .strokeColor(bad)
        .stroke();
      break;
    case "dotted":
      doc.rect(x, y, width, height).fill("#ffffff");
      for (let at = x + 2; at < x + width; at += 4) doc.circle(at, y + height / 2, 0.8).fill(grey);
      break;
    case "crossed":
      doc.rect(x, y, width, height).fill(look.colour.band);
      doc.lineWidth(0.5).strokeColor(grey);
      for (let at = x - height; at < x + width; at += 5)
        doc
          .moveTo(at, y + height)
          .lineTo(at + height, y)
          .moveTo(at, y)
          .lineTo(at + height, y + height);
      doc.stroke();
      break;
    case "empty":
      doc.rect(x, y, width, height).fill("#ffffff");
      break;
  }
  doc.restore();
}

/** Words in the middle of a stretch, where it is long enough for them. */
function drawLabel(sheet: Sheet, label: string, x: number, y: number, width: number): void {
  const size = look.size.page;
  const text = sheet.type.single(label, "bold", size);
  if (text.width + 14 > width) return;
  const at = x + (width - text.width) / 2;
  sheet.doc.rect(at - 3, y + 1.5, text.width + 6, HEIGHT - 3).fill("#ffffff");
  sheet.put(text, at, y + HEIGHT / 2 + size * 0.36, size, look.colour.muted);
}

/** The period from left to right with its holes; the same in words is its alternative text and stands below it. */
export function drawBar(sheet: Sheet, block: Extract<Block, { kind: "bar" }>): void {
  const labels = look.size.page * look.leading;
  const words = sheet.set(block.words, "regular", look.size.table, sheet.width);
  sheet.need(HEIGHT + labels + words.length * look.size.table * look.leading + 6);
  const { left, width, y } = sheet;
  const figure = sheet.element("Figure", sheet.section, {
    alt: block.words,
    bbox: [left, y, left + width, y + HEIGHT + labels],
  });
  sheet.within(figure, "Figure", () => {
    sheet.doc.rect(left, y, width, HEIGHT).fill("#ffffff");
    for (const pattern of ORDER) {
      for (const segment of block.segments.filter((s) => s.pattern === pattern)) {
        const wide = Math.max((segment.to - segment.from) * width, pattern === "empty" ? 0 : THINNEST);
        const x = Math.min(left + segment.from * width, left + width - wide);
        drawPattern(sheet, pattern, x, y, wide, HEIGHT);
        if (segment.label !== undefined) drawLabel(sheet, segment.label, x, y, wide);
      }
    }
    sheet.doc.rect(left, y, width, HEIGHT).lineWidth(0.7).strokeColor(look.colour.muted).stroke();
    let free = left;
    for (const tick of block.ticks) {
      const x = left + tick.at * width;
      sheet.doc
        .moveTo(x, y + HEIGHT)
        .lineTo(x, y + HEIGHT + 3)
        .lineWidth(0.6)
        .strokeColor(look.colour.muted)
        .stroke();
      const text = sheet.type.single(tick.text, "regular", look.size.page);
      if (x >= free && x + text.width + 2 <= left + width) {
        sheet.put(text, x + 2, y + HEIGHT + look.size.page + 1, look.size.page, look.colour.muted);
        free = x + text.width + 6;
      }
    }
  });
  figure.end();
  sheet.y += HEIGHT + labels + 3;
  const paragraph = sheet.element("P");
  sheet.flow(paragraph, "P", words, { x: left, size: look.size.table, colour: look.colour.ink });
  paragraph.end();
  sheet.y += 5;
}

/** What the patterns mean. */
export function drawLegend(sheet: Sheet, block: Extract<Block, { kind: "legend" }>): void {
  const size = look.size.table;
  sheet.need(size * 4);
  const paragraph = sheet.element("P");
  sheet.within(paragraph, "P", () => {
    let x = sheet.left;
    for (const { pattern, text } of block.items) {
      const set = sheet.type.single(text, "regular", size);
      if (x + 24 + set.width > sheet.left + sheet.width) {
        x = sheet.left;
        sheet.y += size * 1.7;
      }
      drawPattern(sheet, pattern, x, sheet.y, 18, 9);
      sheet.doc.rect(x, sheet.y, 18, 9).lineWidth(0.6).strokeColor(look.colour.muted).stroke();
      sheet.put(set, x + 22, sheet.y + 8, size, look.colour.ink);
      x += 22 + set.width + 14;
    }
  });
  paragraph.end();
  sheet.y += size * 2.2;
}
