// Colors first: those of the light scheme, then the dark scheme's, each under the same names. The two hues of the data
// are the blue and the vermilion of Okabe and Ito, which people with any kind of color blindness tell apart; beyond
// hue, lines differ in their dashes.
#include "report/style.hpp"

namespace xtape::report {

const char* const style_sheet = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f5f6f8; --ink: #1b1f24; --muted: #59626c; --rule: #dfe3e8; --link: #0b5cad;
  --train: #0072b2; --validation: #c94f00; --rate: #5b4bb0; --gap: rgb(201 79 0 / .13);
  --shade: rgb(0 0 0 / .28);
  --good: #0a7048; --warn: #945200; --bad: #b3261e;
  --heat-ink: #14181d; --heat-light: #ffffff;
  --r1: #e6f0f9; --r2: #cfe2f3; --r3: #a9cfea; --r4: #74b3dd; --r5: #4a9acb; --r6: #1f6cae; --r7: #08478c;
  --w1: #fdf0e6; --w2: #fce0c8; --w3: #fbc596; --w4: #f8a35f; --w5: #ef8432; --w6: #b84708; --w7: #8f3303;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --panel: #1d2126; --ink: #e7eaee; --muted: #a2abb5; --rule: #343b43; --link: #7ab8f5;
    --train: #56b4e9; --validation: #f2a057; --rate: #b3a5f5; --gap: rgb(242 160 87 / .18);
    --shade: rgb(255 255 255 / .3);
    --good: #5cc896; --warn: #f0b354; --bad: #ff8f85;
    --heat-ink: #0f1216; --heat-light: #f2f5f8;
    --r1: #1b2733; --r2: #1d3346; --r3: #1e4361; --r4: #1f547e; --r5: #226496; --r6: #66aee0; --r7: #a5d2f3;
    --w1: #2e231a; --w2: #41291a; --w3: #5b3415; --w4: #753f10; --w5: #8c4a0c; --w6: #ec9447; --w7: #f9c493;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 3rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1 { margin: 0 0 .75rem; font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; }
h2 { margin: 0 0 1rem; font-size: 1.2rem; line-height: 1.3; font-weight: 650; }
h3 { margin: 2rem 0 .75rem; font-size: 1rem; font-weight: 600; }
p { margin: 0 0 .75rem; max-width: 46rem; }
section { margin-top: 3rem; padding-top: 1.75rem; border-top: 1px solid var(--rule); }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.note, footer, caption { color: var(--muted); font-size: .875rem; }
.verdict { margin-bottom: .4rem; padding-left: .9rem; border-left: 4px solid var(--muted); font-size: 1.1rem; }
.verdict.good { border-color: var(--good); } .verdict.good strong { color: var(--good); }
.verdict.warn { border-color: var(--warn); } .verdict.warn strong { color: var(--warn); }
.verdict.bad { border-color: var(--bad); } .verdict.bad strong { color: var(--bad); }
.stop { padding-left: calc(.9rem + 4px); color: var(--muted); }
.tiles { display: grid; gap: .75rem; margin: 1.75rem 0 1.25rem; }
.by1 { grid-template-columns: minmax(0, 20rem); } .by2 { grid-template-columns: repeat(2, minmax(0, 20rem)); }
.by3 { grid-template-columns: repeat(3, 1fr); } .by4 { grid-template-columns: repeat(4, 1fr); }
.by5 { grid-template-columns: repeat(5, 1fr); }
.tiles > div { padding: .8rem 1rem .85rem; border-radius: 8px; background: var(--panel); }
.tiles dt { color: var(--muted); font-size: .8125rem; }
.tiles dd { margin: 0; }
.tiles .figure { font-size: 1.5rem; line-height: 1.35; font-weight: 600; letter-spacing: -.01em; }
.tiles .more { color: var(--muted); font-size: .8125rem; line-height: 1.4; }
nav ul, .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0; padding: 0; list-style: none; }
nav { font-size: .9rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2.25rem 2.5rem; }
.charts > * { max-width: 44rem; }
.charts:empty { display: none; }
#curves .note { margin-bottom: 1.5rem; }
figure { margin: 0; min-width: 0; }
.chart figcaption { font-weight: 600; }
.legend { color: var(--muted); font-size: .875rem; margin: .15rem 0 .35rem; }
.key { display: inline-block; width: 1.6em; margin-right: .45em; vertical-align: .25em; border-top: 2.5px solid; }
.key.train { border-color: var(--train); }
.key.validation { border-color: var(--validation); border-top-style: dashed; }
.key.learning { border-color: var(--train); border-top: 2px dotted; color: var(--train); }
.key.rate { border-color: var(--rate); }
.key.gap, .key.bar { height: .8em; border: 0; vertical-align: -.05em; border-radius: 2px; background: var(--gap); }
.key.bar { background: var(--r4); }
.key.confidence { border-color: var(--validation); }
.key.point { width: .6em; height: .6em; border: 0; border-radius: 50%; vertical-align: 0; background: var(--train); }
.key.diagonal { border-color: var(--muted); border-top: 1.5px dashed; color: var(--muted); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--muted); font-size: 12px; }
svg path, svg circle { vector-effect: non-scaling-stroke; fill: none; stroke-width: 1px; }
.grid { stroke: var(--rule); }
.axis, .tick { stroke: var(--muted); }
text.y { text-anchor: end; dominant-baseline: central; }
text.x, text.best { text-anchor: middle; }
text.x-title, text.best.end { text-anchor: end; }
text.start { text-anchor: start; }
svg text.best { fill: var(--ink); font-weight: 600; }
svg .curve { stroke-width: 2px; stroke-linejoin: round; stroke-linecap: round; }
.curve.train, .dot.train, .ring.train { stroke: var(--train); }
.curve.validation, .dot.validation, .ring.validation { stroke: var(--validation); }
svg .curve.validation { stroke-dasharray: 7 4; }
svg .curve.learning { stroke: var(--train); stroke-width: 1.5px; stroke-dasharray: 1 4; }
.dot.learning { stroke: var(--train); }
.curve.rate, .dot.rate { stroke: var(--rate); }
svg .dot { fill: currentColor; stroke-width: 2px; }
.dot.train, .dot.learning { color: var(--train); }
.dot.validation { color: var(--validation); }
.dot.rate { color: var(--rate); }
svg .point { fill: var(--train); fill-opacity: .45; stroke: none; }
svg .ring { fill: var(--page); stroke-width: 2.5px; }
svg path.gap { fill: var(--gap); stroke: none; }
path.best { stroke: var(--muted); stroke-dasharray: 2 3; }
.bands rect { fill: transparent; }
.bands rect:hover { fill: var(--muted); fill-opacity: .18; }
rect.bar { fill: var(--r4); }
rect.bar.quiet { fill: var(--muted); fill-opacity: .55; }
svg .confidence { stroke: var(--validation); stroke-width: 2.5px; }
svg .diagonal { stroke: var(--muted); stroke-width: 1.5px; stroke-dasharray: 5 4; }
.scroll {  /* a shadow at the side on which there is more */
  max-width: 100%; overflow: auto;
  background:
    linear-gradient(to right, var(--page) 40%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--page) 40%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / .9rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / .9rem 100% no-repeat scroll;
}
.scroll tbody th, .scroll thead th:first-child {
  position: sticky; left: 0; background: var(--page);
}
table { border-collapse: collapse; font-size: .9rem; }
caption { padding-bottom: .5rem; text-align: left; }
caption span {
  display: block; width: max-content; max-width: min(46rem, calc(100vw - 3rem)); position: sticky; left: 0;
}
th { font-weight: 600; }
th, td { padding: .35rem .9rem .35rem 0; text-align: right; white-space: nowrap; overflow-wrap: normal; }
th:last-child, td:last-child { padding-right: .25rem; }
.word { text-align: left; }
th.word, td.word { white-space: normal; max-width: 24rem; overflow-wrap: anywhere; min-width: 5.7rem; }
thead th { border-bottom: 1px solid var(--muted); vertical-align: bottom; color: var(--muted); }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody th { font-weight: 500; }
.scroll .marked > * { background: var(--panel); font-weight: 650; }
.epochs thead th { max-width: 8.5rem; white-space: normal; }
.settings th, .settings td { text-align: left; vertical-align: top; }
.settings td { white-space: pre-wrap; overflow-wrap: anywhere; }
.settings th { color: var(--muted); white-space: normal; overflow-wrap: anywhere; min-width: 6rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2rem 3rem; }
.pair > * { min-width: 0; }
.heat { font-size: .875rem; }
.heat caption { padding-bottom: .75rem; }
.heat td, .heat th { padding: .3rem .45rem; text-align: center; border: 1px solid var(--page); }
.heat tbody tr + tr > * { border-top-color: var(--page); }
.heat th { max-width: 9rem; white-space: normal; overflow-wrap: break-word; }
.heat thead th { border-bottom: 0; }
.heat tbody th { text-align: right; min-width: 5rem; }
.heat tbody th, .heat .corner { position: sticky; left: 0; background: var(--page); }
.heat .corner { color: var(--muted); font-size: .75rem; text-align: right; vertical-align: bottom; }
.heat tbody td { min-width: 3.6rem; line-height: 1.3; }
.heat small { display: block; font-size: .75rem; }
.dense { font-size: .75rem; }
.heat.dense tbody td { min-width: 1.9rem; padding: .2rem; }
.dense thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9rem; overflow: hidden; }
.heat.dense thead th { vertical-align: bottom; }
.scale { display: flex; align-items: center; margin: .6rem 0 0; font-size: .75rem; }
.scale span { min-width: 2.5rem; padding: .1rem .2rem; text-align: center; }
.scale span:first-child { min-width: 5.2rem; white-space: nowrap; padding-left: 0; text-align: left; color: var(--muted); }
.r0, .w0 { color: var(--muted); }
.r1, .r2, .r3, .r4, .r5, .w1, .w2, .w3, .w4, .w5 { color: var(--heat-ink); }
.r6, .r7, .w6, .w7 { color: var(--heat-light); }
.r1 { background: var(--r1); } .r2 { background: var(--r2); } .r3 { background: var(--r3); }
.r4 { background: var(--r4); }
.r5 { background: var(--r5); } .r6 { background: var(--r6); } .r7 { background: var(--r7); }
.w1 { background: var(--w1); } .w2 { background: var(--w2); } .w3 { background: var(--w3); }
.w4 { background: var(--w4); }
.w5 { background: var(--w5); } .w6 { background: var(--w6); } .w7 { background: var(--w7); }
@media screen and (prefers-color-scheme: dark) {
  .r1, .r2, .r3, .r4, .r5, .w1, .w2, .w3, .w4, .w5 { color: var(--heat-light); }
  .r6, .r7, .w6, .w7 { color: var(--heat-ink); }
}
.mistakes {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1.25rem 1rem; margin: 0; padding: 0;
  list-style: none;
}
.mistakes img {
  display: block; width: 6rem; height: 6rem; margin-bottom: .4rem; object-fit: contain; image-rendering: pixelated;
  background: #000; border-radius: 4px;
}
.mistakes p { margin: 0; font-size: .8125rem; line-height: 1.45; }
.mistakes b { font-weight: 600; }
.mistakes.texts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
.mistakes .input { margin-bottom: .4rem; font-size: .9rem; overflow-wrap: anywhere; }
#predictions .chart { max-width: 34rem; }
.muted { color: var(--muted); }
summary { cursor: pointer; margin-bottom: .75rem; width: fit-content; color: var(--link); }
#model .scroll { --page: var(--panel); background-color: var(--panel); border-radius: 8px; }
pre { margin: 0; padding: 1rem; font: .8125rem/1.5 ui-monospace,
  SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: normal;
  width: max-content; min-width: 100%; }
footer { margin-top: 3rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
@media (max-width: 52rem) {
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles > div:last-child:nth-child(odd) { grid-column: 1 / -1; }
}
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 2rem; }
  h1 { font-size: 1.55rem; }
  section { margin-top: 2.25rem; padding-top: 1.5rem; }
  svg text { font-size: 15.5px; }
  .tiles { gap: .5rem; }
  .tiles > div { padding: .65rem .75rem; }
  .tiles .figure { font-size: 1.3rem; }
  th, td { padding-right: .5rem; }
  thead th { white-space: normal; }
  .mistakes { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
  .heat tbody th { max-width: 6.5rem; }
  .heat .corner { white-space: normal; }
}
@media print {
  @page { size: A4; margin: 15mm 14mm; }
  html { font-size: 9pt; }
  body { max-width: none; padding: 0; }
  h2, h3, figcaption, caption { break-after: avoid; }
  section { margin-top: 1.75rem; padding-top: 1.25rem; }
  nav, .live { display: none; }
  svg text { font-size: 15px; }
  .charts, .pair { grid-template-columns: 1fr 1fr; gap: 1.25rem; }
  .tiles { gap: .4rem; grid-template-columns: repeat(4, 1fr); }
  .tiles > div:last-child:nth-child(odd) { grid-column: auto; }
  .tiles .figure { font-size: 1.3rem; }
  .scroll { overflow: visible; max-height: none; background: none; }
  table { font-size: 8pt; }
  th, td { padding: .2rem .6rem .2rem 0; }
  .epochs table { font-size: 7pt; width: 100%; }
  .epochs th, .epochs td { padding: .15rem .4rem .15rem 0; white-space: normal; }
  .epochs td:nth-last-child(2) { white-space: nowrap; }
  thead { display: table-header-group; }
  #epochs { break-before: page; }
  .scale { break-before: avoid; }
  .scroll tbody th, .scroll thead th:first-child, .heat .corner, caption span { position: static; }
  caption span { max-width: 100%; }
  .pair caption span { width: auto; }
  tr, figure, .mistakes li, .tiles > div { break-inside: avoid; }
  .heat { width: 100%; table-layout: fixed; font-size: 7pt; break-inside: avoid; }
  .heat td, .heat th, .heat tbody td, .heat.dense tbody td { min-width: 0; padding: .12rem 0; overflow-wrap: anywhere; }
  .heat .corner { width: 16%; white-space: normal; font-size: 6pt; }
  .heat tbody th { min-width: 0; padding-right: .3rem; }
  .heat small { font-size: 6pt; }
  .dense { font-size: 5pt; }
  .heat td, .scale span, .tiles > div, .key, #model .scroll, .mistakes img, .marked > * {
    print-color-adjust: exact; -webkit-print-color-adjust: exact;
  }
  #mistakes { break-before: page; }
  .mistakes { grid-template-columns: repeat(6, 1fr); gap: .75rem; }
  .mistakes.texts { grid-template-columns: 1fr 1fr; }
  .mistakes img { width: 20mm; height: 20mm; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; width: auto; min-width: 0; font-size: 7.5pt; }
  .short::details-content { content-visibility: visible; display: block; height: auto; block-size: auto; }
}
)css";

}  // namespace xtape::report
