/** The style of the page: light or dark as the system is, from a phone's width on. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1a1d21; --dim: #5b636e; --line: #d9dde3;
  --accent: #2f5fb3; --track: #e6e9ee; --notice: #fff6dd; --notice-line: #d9a400;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1e2226; --text: #e8eaed; --dim: #a3abb5; --line: #343a41;
    --accent: #86b0ff; --track: #343a41; --notice: #2b2612; --notice-line: #c79a1a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  max-width: 90rem; margin: 0 auto; padding: 1.5rem 1rem 4rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .75rem; font-size: 1.15rem; }
small { font-size: .85rem; font-weight: normal; color: var(--dim); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.overview { margin-top: 1.5rem; }
.lead, .hint { margin: .25rem 0 0; color: var(--dim); }
.notice {
  margin: 1.5rem 0 0; padding: .75rem 1rem;
  background: var(--notice); border-left: 4px solid var(--notice-line); border-radius: 4px;
}
.notice h2 { margin: 0; font-size: 1rem; }
.notice p { max-width: 75ch; margin: .25rem 0 0; font-size: .9rem; }

.totals {
  width: 100%; max-width: 46rem; margin: 0 0 1rem; border-collapse: collapse;
  font-variant-numeric: tabular-nums;
}
.totals caption { padding-bottom: .25rem; text-align: left; font-size: 1.15rem; font-weight: bold; }
.totals th, .totals td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); text-align: right; }
.totals thead th { font-size: .85rem; color: var(--dim); vertical-align: bottom; }
.totals th:first-child { padding-left: 0; text-align: left; }
.totals th:last-child, .totals td:last-child { padding-right: 0; }
.totals tfoot th, .totals tfoot td { border-bottom: 0; font-weight: bold; }
.totals .share { width: 40%; }
.totals .share .bar { float: left; width: calc(100% - 4.5rem); height: .6rem; margin-top: .45rem; }
.bar { display: block; overflow: hidden; height: 4px; border-radius: 3px; background: var(--track); fill: var(--accent); }

.facts summary { width: fit-content; cursor: pointer; color: var(--accent); }
.facts dl { margin: .5rem 0 0; font-size: .9rem; }
.facts dl div { display: flex; flex-wrap: wrap; gap: 0 1rem; }
.facts dt { width: 9rem; color: var(--dim); }
.facts dd { flex: 1 1 16rem; margin: 0; overflow-wrap: anywhere; }

.filter {
  display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem;
  margin: 1.5rem -1rem 0; padding: .6rem 1rem;
  background: var(--page); border-bottom: 1px solid var(--line); font-size: .9rem;
}
.filter fieldset { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .8rem; margin: 0; padding: 0; border: 0; }
.filter legend { float: left; padding: 0 .8rem 0 0; font-weight: bold; }
.filter label { display: inline-flex; align-items: center; gap: .3rem; }
.filter input { accent-color: var(--accent); }
.range { display: inline-flex; align-items: center; gap: .4rem; }
.range input { width: 7rem; margin: 0; }
.range span { width: 3em; font-variant-numeric: tabular-nums; }
.matching { display: flex; align-items: center; gap: .75rem; margin: 0 0 0 auto; font-variant-numeric: tabular-nums; }
button {
  padding: .25rem .75rem; font: inherit; color: inherit; cursor: pointer;
  background: var(--card); border: 1px solid var(--line); border-radius: 4px;
}
@media (min-width: 48rem) and (min-height: 30rem) {
  .filter { position: sticky; top: 0; z-index: 1; }
  .group, .failed { scroll-margin-top: 6rem; }
}

.group, .failed { margin-top: 2rem; }
.faces {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(8.25rem, 1fr)); align-items: start;
  gap: .6rem; margin: 0; padding: 0; list-style: none;
}
.face {
  overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  font-size: .8rem; line-height: 1.35;
  /* Those out of sight are neither laid out nor decoded. */
  content-visibility: auto; contain-intrinsic-size: auto 8.25rem auto 11.75rem;
}
.face summary {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .25rem;
  padding-bottom: .1rem; cursor: pointer; list-style: none;
}
.face summary::-webkit-details-marker { display: none; }
.face summary:focus-visible { outline-offset: -2px; border-radius: 6px; }
.face img { display: block; width: 100%; aspect-ratio: 1; margin-bottom: .35rem; object-fit: contain; background: var(--track); }
.label { padding-left: .5rem; font-weight: 600; }
.confidence { padding-right: .5rem; font-variant-numeric: tabular-nums; }
.face dl { margin: .25rem 0 .35rem; padding: .35rem .5rem 0; border-top: 1px solid var(--line); }
.face dl div { display: flex; flex-wrap: wrap; justify-content: space-between; }
.face dd { margin: 0; font-variant-numeric: tabular-nums; }
.face .bar { flex: 0 0 100%; margin: .1rem 0 .35rem; }
.path {
  margin: 0; padding: 0 .5rem .4rem; overflow: hidden; color: var(--dim);
  /* One line that keeps its end, the file's name; the whole path once the face is open. */
  direction: rtl; text-align: left; text-overflow: ellipsis; white-space: nowrap;
}
details[open] + .path { white-space: normal; overflow-wrap: anywhere; }
.failed ul { margin: 0; padding: 0; list-style: none; }
.failed li { padding: .25rem 0; border-bottom: 1px solid var(--line); font-size: .9rem; overflow-wrap: anywhere; }
.failed li small { display: block; }

@media (min-width: 64rem) {
  .overview { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 3rem; align-items: start; }
  .notice { margin: 0; }
}
@media (max-width: 30rem) {
  .totals { font-size: .85rem; }
  .totals th, .totals td { padding: .35rem .25rem; }
  .totals thead th { font-size: .75rem; }
  .totals .share { width: auto; }
  .totals .share .bar { float: none; width: 100%; height: 4px; margin: .15rem 0 0; }
  .faces { grid-template-columns: repeat(auto-fill, minmax(6.75rem, 1fr)); gap: .5rem; }
  .face { font-size: .75rem; contain-intrinsic-size: auto 6.75rem auto 10.25rem; }
  .filter fieldset, .range { width: 100%; }
  .range label { width: 2.5em; }
  .range input { flex: 1; }
  .matching { width: 100%; margin: 0; justify-content: space-between; }
}
`;
