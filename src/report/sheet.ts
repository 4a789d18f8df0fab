import PDFDocument from "pdfkit";
import type { Mark } from "./blocks.ts";
import { look } from "./look.ts";
import type { SetLine, Style, Typesetter } from "./typeset.ts";

/** A tagged element of the document's structure. */
export type Element = PDFKit.PDFStructureElement;

export interface Metadata {
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  /** The date in the file: never the machine's clock. */
  readonly at: Date;
}

/**
 * The paper: pages, the place of the next line, text by lines, marks and tags. It knows nothing of the report. Text goes
 * to the page only here, line by line, so that where a page ends is decided in one place.
 */
export class Sheet {
  readonly doc: PDFKit.PDFDocument;
  readonly type: Typesetter;
  /** Parent of the elements that come next. */
  section: Element;
  y: number = look.top;
  readonly #root: Element;
  readonly #chunks: Uint8Array[] = [];
  #layout: "portrait" | "landscape" = "portrait";

  constructor(type: Typesetter, metadata: Metadata) {
    this.type = type;
    this.doc = new PDFDocument({
      autoFirstPage: false,
      bufferPages: true,
      size: "A4",
      margin: 0,
      // No default font: the standard ones are not embedded and garble everything but Latin-1.
      font: null as unknown as string,
      pdfVersion: "1.7",
      tagged: true,
      lang: "en-GB",
      displayTitle: true,
      info: {
        Title: metadata.title,
        Author: metadata.author,
        Subject: metadata.subject,
        Creator: "Custody",
        Producer: "Custody",
        CreationDate: metadata.at,
        ModDate: metadata.at,
      },
    });
    this.doc.on("data", (chunk: Uint8Array) => this.#chunks.push(chunk));
    this.#root = this.doc.struct("Document");
    this.doc.addStructure(this.#root);
    this.section = this.#root;
    this.addPage();
  }

  get left(): number {
    return look.margin;
  }
  get width(): number {
    return this.doc.page.width - 2 * look.margin;
  }
  get end(): number {
    return this.doc.page.height - look.bottom;
  }
  get room(): number {
    return this.end - this.y;
  }
  get isFresh(): boolean {
    return this.y === look.top;
  }

  addPage(layout: "portrait" | "landscape" = this.#layout): void {
    this.#layout = layout;
    this.doc.addPage({ size: "A4", layout, margin: 0 });
    this.y = look.top;
  }

  /** Turns the paper; a page that holds nothing yet is not kept empty, and what `joins` stays on one that lies the same way. */
  turn(layout: "portrait" | "landscape", joins = false): void {
    if (layout !== this.#layout || !(joins || this.isFresh)) this.addPage(layout);
  }

  /** Goes on to a new page unless so much fits below. */
  need(height: number): void {
    if (this.room < height && !this.isFresh) this.addPage();
  }

  /** Opens a part of the document that starts with a heading; it is also a bookmark. */
  openSection(title: string): void {
    if (this.section !== this.#root) this.section.end();
    this.section = this.doc.struct("Sect", { title });
    this.#root.add(this.section);
  }

  /** `span` is the number of columns that a cell of a table goes over. */
  element(
    type: string,
    parent: Element = this.section,
    { span, ...options }: { readonly span?: number; readonly [option: string]: unknown } = {},
  ): Element {
    const element = this.doc.struct(type, options);
    // Its types leave the dictionary out.
    const { dictionary } = element as Element & { readonly dictionary: { readonly data: Record<string, unknown> } };
    if (span !== undefined) dictionary.data.A = { O: "Table", ColSpan: span };
    parent.add(element);
    return element;
  }

  /** Draws content that belongs to an element. */
  within(element: Element, type: string, draw: () => void): void {
    element.add(this.doc.markStructureContent(type));
    draw();
    this.doc.endMarkedContent();
  }

  /** Draws what only decorates: rules, bands, repeated heads. A reader that speaks passes over it. */
  artifact(draw: () => void, type: "Layout" | "Pagination" = "Layout"): void {
    this.doc.markContent("Artifact", { type });
    draw();
    this.doc.endMarkedContent();
  }

  /** One set line with its baseline at `y`. */
  put(line: SetLine, x: number, y: number, size: number, colour: string): void {
    let at = x;
    this.doc.fillColor(colour);
    for (const { font, text, width } of line.pieces) {
      this.#use(font.id, font.face);
      this.doc.fontSize(size).text(text, at, y, { lineBreak: false, baseline: "alphabetic" });
      at += width;
    }
  }

  /** Whole paragraphs over as many pages as it takes, as the content of one element. */
  flow(
    element: Element,
    type: string,
    lines: readonly SetLine[],
    at: { x: number; size: number; colour: string; height?: number },
  ): void {
    const height = at.height ?? at.size * look.leading;
    let i = 0;
    while (i < lines.length) {
      this.need(height);
      this.within(element, type, () => {
        for (; i < lines.length && this.room >= height; i++) {
          this.put(lines[i] as SetLine, at.x, this.y + at.size * 1.05, at.size, at.colour);
          this.y += height;
        }
      });
    }
  }

  set(text: string, style: Style, size: number, width: number): SetLine[] {
    return this.type.wrap(text, style, size, width);
  }

  rule(
    y: number,
    colour: string = look.colour.rule,
    from = this.left,
    to = this.left + this.width,
    weight = 0.6,
  ): void {
    this.doc.moveTo(from, y).lineTo(to, y).lineWidth(weight).strokeColor(colour).stroke();
  }

  /** A shape of its own for every meaning; the word beside it says the same. */
  mark(mark: Mark, x: number, baseline: number, size: number): void {
    const r = size * 0.28;
    const [cx, cy] = [x + r, baseline - size * 0.34];
    const colour = look.colour[mark];
    const { doc } = this;
    doc.lineWidth(1).strokeColor(colour).fillColor(colour);
    switch (mark) {
      case "good":
        doc.circle(cx, cy, r).fill();
        break;
      case "bad":
        doc
          .moveTo(cx - r, cy - r)
          .lineTo(cx + r, cy + r)
          .moveTo(cx + r, cy - r)
          .lineTo(cx - r, cy + r)
          .lineWidth(1.5)
          .stroke();
        break;
      case "unsure":
        doc
          .moveTo(cx, cy - r)
          .lineTo(cx + r, cy + r)
          .lineTo(cx - r, cy + r)
          .closePath()
          .stroke();
        break;
      case "open":
        doc.circle(cx, cy, r * 0.9).stroke();
        break;
    }
  }

  /** Calls back once per page, when their number is known. */
  eachPage(draw: (page: number, of: number) => void): void {
    const { count } = this.doc.bufferedPageRange();
    for (let i = 0; i < count; i++) {
      this.doc.switchToPage(i);
      draw(i + 1, count);
    }
  }

  /** Ends the document and gives its bytes. */
  async finish(): Promise<Uint8Array> {
    this.section.end();
    this.#root.end();
    const ended = new Promise<void>((resolve, reject) => {
      this.doc.on("end", resolve);
      this.doc.on("error", reject);
    });
    this.doc.end();
    await ended;
    return Buffer.concat(this.#chunks);
  }

  readonly #registered = new Set<string>();
  #use(id: string, face: unknown): void {
    if (!this.#registered.has(id)) {
      // An opened face stands for its file: of a collection it is the very face whose widths were measured.
      this.doc.registerFont(id, face as Buffer);
      this.#registered.add(id);
    }
    this.doc.font(id);
  }
}
