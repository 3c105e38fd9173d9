/** The part of a page that shows a composition; `composition.html` and the report of a run have it. */
import { integer, integerPlural } from '../../files/text/plural.js';
import { type Html, html } from '../../plots/html.js';
import type { Estimate } from './correction.js';
import type { CompositionRecord, GroupComposition, PhotographCounts } from './record.js';
import { estimateText, faces, levelText } from './words.js';

/** Beyond, a page is slow to open: composition.json and composition.csv have all. */
const MOST_GROUPS = 200;

/** Needs the report's style and COMPOSITION_STYLE, no script. */
export function compositionSection(record: CompositionRecord): Html {
  const [whole, ...groups] = record.groups;
  return html`<section class="composition" aria-labelledby="composition">
<h2 id="composition">Composition</h2>
${sharesTable(record, whole, `Shares of the ${faces(record.n)}, with ${levelText(record.interval)} intervals`)}
<ul class="notes">
${record.notes.map((note) => html`<li>${note}</li>\n`)}</ul>
${missedPart(record, whole)}
${confidencePart(whole)}
${groups.length === 0 ? '' : groupsPart(record, groups)}
</section>
`;
}

function sharesTable(record: CompositionRecord, group: GroupComposition, caption: string): Html {
  const isCorrected = record.not_corrected === null;
  const rows = record.class_names.map((name) => {
    const { n, raw, corrected } = group.classes[name];
    return html`<tr><th scope="row">${name}</th><td>${integer(n)}</td>${shareCell(raw, 'bar raw')}${isCorrected ? shareCell(corrected, 'bar') : ''}</tr>
`;
  });
  return html`<table class="totals">
<caption>${caption}</caption>
<thead><tr><th scope="col">Perceived group</th><th scope="col">Labels</th><th scope="col">Raw share</th>${isCorrected ? html`<th scope="col">Corrected share</th>` : ''}</tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

function shareCell(estimate: Estimate | null, kind: string): Html {
  return html`<td class="share">${estimateText(estimate)}${estimate === null ? '' : spreadBar(estimate, kind)}</td>`;
}

/** Drawn with attributes, since the policy forbids inline styles; the text beside it says the same. */
function spreadBar([share, low, high]: Estimate, kind: string): Html {
  const percent = (value: number) => `${(100 * value).toFixed(2)}%`;
  return html`<svg class="${kind}" aria-hidden="true"><rect width="${percent(share)}" height="100%"/><rect class="spread" x="${percent(low)}" y="42%" width="${percent(high - low)}" height="16%"/></svg>`;
}

/** Photographs of which no face is counted. */
function missedPart({ detection, interval }: CompositionRecord, whole: GroupComposition): Html {
  const { photographs, missed } = whole;
  if (photographs === null) return html``;
  const known = Object.entries(detection ?? {}).filter(([, estimate]) => estimate !== null);
  const rows = known.map(
    ([name, estimate]) =>
      html`<tr><th scope="row">${name}</th>${shareCell(estimate, 'bar')}</tr>\n`,
  );
  const detected = html`<table class="totals">
<caption>Labelled photographs in which a face was found, with ${levelText(interval)} intervals</caption>
<thead><tr><th scope="col">Perceived group</th><th scope="col">Share</th></tr></thead>
<tbody>
${rows}</tbody>
</table>`;
  return html`<h2>Whom the counts miss</h2>
<p>${missedSentence(photographs, missed)}</p>
${known.length === 0 ? '' : detected}`;
}

function missedSentence({ seen, no_face, unreadable }: PhotographCounts, missed: Estimate | null) {
  if (missed === null) return 'There is no photograph.';
  return `Of ${integer(seen)} photographs ${integer(no_face)} have no face that was found and ${integer(unreadable)} could not be read: ${estimateText(missed)} are missing from the shares.`;
}

function confidencePart({ confidences }: GroupComposition): Html {
  const most = Math.max(0, ...(confidences ?? []));
  if (confidences === null || most === 0) return html``;
  const bound = (k: number) => (k / confidences.length).toFixed(1);
  const rows = confidences.map(
    (count, k) =>
      html`<tr><th scope="row">${bound(k)} to ${bound(k + 1)}</th><td>${integer(count)}</td><td class="range-bar"><svg class="bar" aria-hidden="true"><rect width="${((100 * count) / most).toFixed(2)}%" height="100%"/></svg></td></tr>\n`,
  );
  return html`<h2>Confidence of the labels</h2>
<table class="totals confidences">
<caption>Faces by the probability of their label</caption>
<thead><tr><th scope="col">Confidence</th><th scope="col">Faces</th><td></td></tr></thead>
<tbody>
${rows}</tbody>
</table>`;
}

function groupsPart(record: CompositionRecord, groups: readonly GroupComposition[]): Html {
  const shown = groups.slice(0, MOST_GROUPS);
  const left = groups.length - shown.length;
  const items = shown.map(
    (group) => html`<details><summary>${group.group!} <small>${groupFacts(group)}</small></summary>
${sharesTable(record, group, 'Shares')}
</details>
`,
  );
  return html`<div class="by-group">
<h2>By ${record.group_by ?? 'group'} <small>${integerPlural(groups.length, 'group')}, the one with the most faces first</small></h2>
${left === 0 ? '' : html`<p class="hint">The first ${integer(MOST_GROUPS)} are shown; composition.csv has the other ${integer(left)}.</p>`}
${items}</div>`;
}

function groupFacts({ n, photographs, missed }: GroupComposition): string {
  if (photographs === null) return faces(n);
  return `${faces(n)}; of ${integer(photographs.seen)} photographs ${estimateText(missed)} missed`;
}
