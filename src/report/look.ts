/** Measures in points and colours of the page, in one place. Every colour differs from its neighbours in grey as well. */
export const look = {
  margin: 48,
  /** Baseline of the page header, and of the first footer line above the lower edge. */
  headerAt: 30,
  footerAt: 34,
  /** First and last line of the text area, from the upper and lower edge. */
  top: 54,
  bottom: 54,
  size: {
    cover: 20.5,
    subtitle: 14,
    h1: 15,
    h2: 11,
    h3: 9.2,
    text: 8.5,
    table: 7.6,
    small: 7.1,
    dense: 7,
    code: 7.2,
    page: 7,
    least: 5.2,
  },
  leading: 1.36,
  /** Width of the label column of pairs. */
  label: 112,
  cell: { x: 3.5, y: 1.6 },
  denseCell: { x: 2, y: 0.7 },
  colour: {
    ink: "#1b1f24",
    muted: "#59636e",
    accent: "#1f3a5f",
    rule: "#d3d9e0",
    band: "#eef1f5",
    good: "#1b6b3f",
    bad: "#a3202a",
    badBand: "#fbeaec",
    unsure: "#7d5200",
    open: "#59636e",
    grey: "#9aa7b5",
  },
} as const;
