/** One style sheet, no other resource: system fonts, light and dark, tables that become lists on a phone. */
export const style = /* css */ `
:root {
  color-scheme: light dark;
  --ink: #1c2126; --muted: #57606a; --paper: #f6f7f8; --card: #ffffff; --rule: #d9dee3; --accent: #1f4e79;
  --good: #1a6334; --good-bg: #e3f3e8; --bad: #a11a24; --bad-bg: #fce8e8; --unsure: #734a00; --unsure-bg: #fdf0d5; --plain-bg: #eceff2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e8ec; --muted: #a3adb7; --paper: #14181c; --card: #1c2126; --rule: #343c44; --accent: #8fc1ef;
    --good: #8bd6a3; --good-bg: #173624; --bad: #ffa8a8; --bad-bg: #45191c; --unsure: #f0c674; --unsure-bg: #3d2f0e; --plain-bg: #2a3138;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; overflow-wrap: break-word; }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible, pre:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { position: static; display: block; padding: .5rem 1rem; }
.simulated { max-width: none; margin: 0; background: var(--unsure-bg); color: var(--unsure); border-bottom: 2px solid currentColor; padding: .6rem 1rem; text-align: center; font-weight: 600; }
header.top, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header.top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.5rem; padding-top: 1rem; padding-bottom: .75rem; }
header.top .name { font-weight: 650; margin-right: auto; }
header.top .name small { color: var(--muted); font-weight: 400; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; margin: 0; padding: 0; }
nav a { color: var(--muted); text-decoration: none; padding: .2rem 0; display: inline-block; }
nav a:hover { color: var(--ink); text-decoration: underline; }
nav a[aria-current] { color: var(--ink); font-weight: 600; border-bottom: 2px solid var(--accent); }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 1rem 0 .4rem; letter-spacing: -.01em; }
h2 small { font-weight: 400; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; line-height: 1.4; margin: 0 0 .3rem; }
p { margin: .4rem 0; max-width: 50rem; }
.lead { font-size: 1.05rem; }
.muted, small, .sub { color: var(--muted); }
.sub { display: block; font-size: .85rem; font-weight: 400; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: 1rem 1.15rem; margin: .7rem 0; }
.duty { border-left: .3rem solid var(--bad); }
.duty.ahead { border-left-color: var(--unsure); }
.calm { border-left: .3rem solid var(--good); }
.unsure { border-left: .3rem solid var(--unsure); }
.card p:first-child, .card h3:first-child { margin-top: 0; }
.card p:last-child { margin-bottom: 0; }
.lost { font-weight: 600; }
pre { margin: .35rem 0; padding: .5rem .7rem; background: var(--plain-bg); border-radius: .35rem; overflow-x: auto; font: .85rem/1.5 ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; }
code { font: .9em ui-monospace, "SF Mono", Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
.places { margin: .4rem 0; padding-left: 1.1rem; }
.places li { margin: .25rem 0; }
.systems { list-style: none; margin: -.3rem 0; padding: 0; }
.systems li { padding: .45rem 0; border-top: 1px solid var(--rule); display: flex; gap: .2rem .8rem; flex-wrap: wrap; align-items: baseline; }
.systems li:first-child { border-top: 0; }
.systems b { font-weight: 600; }
.mark { display: inline-block; padding: .05rem .5rem; border-radius: 1rem; font-size: .86rem; font-weight: 600; white-space: nowrap; background: var(--plain-bg); color: var(--ink); }
.mark.good { background: var(--good-bg); color: var(--good); }
.mark.bad { background: var(--bad-bg); color: var(--bad); }
.mark.unsure { background: var(--unsure-bg); color: var(--unsure); border: 0; }
.frame { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; overflow: hidden; }
table { width: 100%; border-collapse: collapse; font-size: .94rem; }
th, td { text-align: left; vertical-align: top; padding: .55rem .8rem; border-top: 1px solid var(--rule); overflow-wrap: break-word; }
thead th { border-top: 0; font-size: .82rem; font-weight: 600; color: var(--muted); overflow-wrap: normal; }
tbody th { font-weight: 550; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.more { margin: .6rem 0; }
footer { margin-top: 3rem; padding-top: 1rem; padding-bottom: 2rem; border-top: 1px solid var(--rule); color: var(--muted); font-size: .82rem; }
footer p { max-width: none; }
@media (max-width: 44rem) {
  h1 { font-size: 1.4rem; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody, tr, th, td { display: block; width: 100%; }
  tr { border-top: 1px solid var(--rule); padding: .55rem .8rem; }
  tbody tr:first-child { border-top: 0; }
  tbody th, td { border: 0; padding: .15rem 0; }
  tbody th { font-size: 1rem; }
  td { display: grid; grid-template-columns: 8rem 1fr; gap: .1rem .7rem; }
  td::before { content: attr(data-label); color: var(--muted); font-size: .82rem; grid-row: span 2; }
  td .sub { grid-column: 2; }
  .mark { justify-self: start; }
}
@media print { nav, .skip { display: none; } body { background: none; } }
`;

/** A link of a chain of evidence: one ring closed around a dot. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="12" fill="none" stroke="#1f4e79" stroke-width="5"/><circle cx="16" cy="16" r="4" fill="#1a6334"/></svg>`;
