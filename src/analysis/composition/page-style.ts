/** What the part on the composition needs besides the style of the report. */
export const COMPOSITION_STYLE = `
.composition { margin: 1.5rem 0 2rem; }
.composition h2 { margin: 1.5rem 0 .5rem; }
.composition .totals { max-width: 64rem; }
.composition .totals caption { font-size: .95rem; font-weight: normal; color: var(--dim); }
header + main > .notice { margin: 1.5rem 0; }
.composition .totals .share { width: auto; white-space: nowrap; }
.composition .totals .share .bar { float: none; width: 100%; min-width: 8rem; height: .75rem; margin: .2rem 0 .1rem; }
.composition .bar .spread { fill: var(--text); }
.composition .bar.raw { fill: var(--dim); }
.composition .notes { max-width: 75ch; margin: .25rem 0 1rem; padding-left: 1.25rem; }
.composition .by-group details { border-top: 1px solid var(--line); }
.composition .by-group details:last-of-type { border-bottom: 1px solid var(--line); }
.composition .by-group summary { padding: .5rem .25rem; cursor: pointer; overflow-wrap: anywhere; }
.composition .by-group summary small { margin-left: .5rem; }
.composition .range-bar { width: 65%; vertical-align: middle; }
.composition .range-bar .bar { width: 100%; height: .6rem; }
@media (max-width: 40rem) {
  .composition .totals { table-layout: fixed; font-size: .8rem; }
  .composition .totals th, .composition .totals td { padding: .35rem .2rem; overflow-wrap: anywhere; }
  .composition .totals thead th { font-size: .7rem; }
  .composition .totals th:first-child { width: 26%; }
  .composition .totals th:nth-child(2):not(:last-child) { width: 17%; }
  .composition .totals .share { white-space: normal; }
  .composition .totals .share .bar { min-width: 0; }
  .composition .totals .range-bar { width: auto; }
}
`;
