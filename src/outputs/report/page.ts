/**
 * The page of a report. It needs no script to be read: the script adds the filters. The content
 * security policy lets it load nothing and run nothing but its own style and script.
 */
import { createHash } from 'node:crypto';
import { integer, integerPlural } from '../../files/text/plural.js';
import { Html, html } from '../../plots/html.js';
import { STYLE } from '../../plots/style.js';
import { SCRIPT } from './script.js';

export interface ReportFace {
  /** As in pred_ethnicities.txt. */
  readonly path: string;
  /** Index of its class. */
  readonly label: number;
  /** Probability of its class. */
  readonly confidence: number;
  readonly probabilities: readonly number[];
  /** JPEG. */
  thumbnail: Buffer;
}

export interface ReportClass {
  readonly name: string;
  /** Faces of this class, shown or not. */
  readonly count: number;
  /** Of all of them; NaN where there is none. */
  readonly meanConfidence: number;
  /** The ones shown, highest confidence first. */
  readonly faces: readonly ReportFace[];
}

export interface Failure {
  readonly path: string;
  readonly reason: string;
}

/** A part of the page about all results, and the style that it needs besides the page's. */
export interface AuditPart {
  readonly section: Html;
  readonly style: string;
}

export interface Page {
  /** Stands before the faces; null where there is none. */
  readonly audit: AuditPart | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly classes: readonly ReportClass[];
  /** The failures that are listed. */
  readonly failures: readonly Failure[];
  /** How many there are. */
  readonly failed: number;
}

/** The page in pieces, none much longer than a face. */
export function* reportPage(page: Page): Generator<string> {
  yield head(page).text;
  const names = page.classes.map(({ name }) => name);
  for (const [i, group] of page.classes.entries()) {
    yield groupHead(group, i).text;
    for (const face of group.faces) yield faceItem(face, names).text;
    yield '</ol>\n</section>\n';
  }
  yield foot(page).text;
}

function head({ facts, classes, failed, audit }: Page): Html {
  const total = sum(classes, ({ count }) => count);
  const shown = sum(classes, ({ faces }) => faces.length);
  const style = STYLE + (audit?.style ?? '');
  const overview = html`<div>
${totals(classes, total, shown)}
${runFacts(facts)}
</div>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src ${hashOf(style)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>facecls report: ${faces(total)}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>Predicted groups of ${faces(total)}</h1>
<p class="lead">${sampleSentence(shown, total)}${failed === 0 ? '' : html` <a href="#failed">${images(failed)} could not be read.</a>`}</p>
</header>
<main>
${audit === null ? html`<div class="overview">\n${overview}\n${NOTICE}\n</div>` : html`${NOTICE}\n${audit.section}\n${overview}`}
${filter(classes)}
`;
}

const NOTICE = html`<aside class="notice" aria-labelledby="notice">
<h2 id="notice">What the labels are, and are not</h2>
<p>The labels are <strong>appearance groups as annotators perceived them</strong> in photographs. They are not race, ethnicity, descent, nationality or identity, which no photograph can tell. Every face gets one of them, also those that fit none, and many labels are wrong.</p>
<p>They are for counting, in aggregate, how a set of faces is composed. They are <strong>not for statements on or decisions about any person</strong> shown here. See the README of facecls.</p>
</aside>`;

function runFacts(facts: Page['facts']): Html {
  return html`<details class="facts">
<summary>About this run</summary>
<dl>
${Object.entries(facts).map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>\n`)}</dl>
</details>`;
}

function sampleSentence(shown: number, total: number): Html {
  if (shown === total) return html`All faces are shown.`;
  return html`${integer(shown)} of ${integer(total)} faces shown: a uniform sample (those whose paths have the smallest SHA-256 hashes). The totals count all.`;
}

function totals(classes: readonly ReportClass[], total: number, shown: number): Html {
  const confidences = sum(classes, (group) =>
    group.count > 0 ? group.meanConfidence * group.count : 0,
  );
  const rows = classes.map(
    (
      { name, count, meanConfidence, faces },
      i,
    ) => html`<tr><th scope="row"><a href="#class-${i}">${name}</a></th><td>${integer(count)}</td><td class="share">${percent(count / total)}${bar(count / total)}</td><td>${percent(meanConfidence)}</td><td>${integer(faces.length)}</td></tr>
`,
  );
  return html`<table class="totals">
<caption>Totals over all faces</caption>
<thead><tr><th scope="col">Group</th><th scope="col">Faces</th><th scope="col">Share</th><th scope="col">Mean confidence</th><th scope="col">Shown</th></tr></thead>
<tbody>
${rows}</tbody>
<tfoot><tr><th scope="row">All</th><td>${integer(total)}</td><td class="share">${percent(total / total)}</td><td>${percent(confidences / total)}</td><td>${integer(shown)}</td></tr></tfoot>
</table>`;
}

/** Hidden until the script is there to obey it. */
function filter(classes: readonly ReportClass[]): Html {
  const choices = classes.map(
    ({ name }, i) =>
      html`<label><input type="checkbox" name="class" value="${i}" checked> ${name}</label>\n`,
  );
  return html`<noscript><p class="hint">Filters need JavaScript; everything else is here.</p></noscript>
<form id="filter" class="filter" autocomplete="off" aria-label="Filter the faces" hidden>
<fieldset><legend>Groups</legend>
${choices}</fieldset>
<fieldset><legend>Confidence</legend>
<span class="range"><label for="least">from</label><input type="range" id="least" min="0" max="100" value="0"><span aria-hidden="true">0%</span></span>
<span class="range"><label for="most">to</label><input type="range" id="most" min="0" max="100" value="100"><span aria-hidden="true">100%</span></span>
</fieldset>
<p class="matching"><span id="matching" role="status"></span> <button type="reset">Reset</button></p>
</form>`;
}

function groupHead({ name, count, faces: shownFaces }: ReportClass, i: number): Html {
  const shown =
    shownFaces.length === count
      ? faces(count)
      : `${integer(shownFaces.length)} of ${faces(count)} shown`;
  return html`<section class="group" id="class-${i}" data-class="${i}" aria-labelledby="name-${i}">
<h2 id="name-${i}">${name} <small>${shown}</small></h2>
<p class="hint none" hidden>No face of this group has such a confidence.</p>
<ol class="faces">
`;
}

function faceItem(
  { path, label, confidence, probabilities, thumbnail }: ReportFace,
  names: readonly string[],
): Html {
  const source = `data:image/jpeg;base64,${thumbnail.toString('base64')}`;
  const shares = names.map(
    (name, i) =>
      html`<div><dt>${name}</dt><dd>${percent(probabilities[i])}</dd>${bar(probabilities[i])}</div>`,
  );
  return html`<li class="face" data-percent="${(confidence * 100).toFixed(4)}"><details><summary><img src="${source}" alt="" decoding="async" loading="lazy"><span class="label">${names[label]}</span> <span class="confidence">${percent(confidence)}</span></summary><dl>${shares}</dl></details><p class="path" title="${path}"><bdi dir="ltr">${path}</bdi></p></li>
`;
}

function foot({ failures, failed }: Page): Html {
  const list = html`<section class="failed" id="failed">
<h2>Could not be read <small>${images(failed)}</small></h2>
${failures.length < failed ? html`<p class="hint">The first ${integer(failures.length)} of ${integer(failed)}; failed.txt lists all.</p>` : ''}
<ul>
${failures.map(({ path, reason }) => html`<li><bdi dir="ltr">${path}</bdi> <small>${reason}</small></li>\n`)}</ul>
</section>
`;
  return html`${failed > 0 ? list : ''}</main>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`;
}

/** Drawn with attributes, since the policy forbids inline styles; the number beside it says the same. */
function bar(share: number): Html {
  const width = Number.isFinite(share) ? (share * 100).toFixed(2) : 0;
  return html`<svg class="bar" aria-hidden="true"><rect width="${width}%" height="100%"/></svg>`;
}

/** As a content security policy names the one inline text that it allows. */
function hashOf(text: string): Html {
  return new Html(`'sha256-${createHash('sha256').update(text).digest('base64')}'`);
}

function images(count: number): string {
  return integerPlural(count, 'image');
}

function faces(count: number): string {
  return integerPlural(count, 'face');
}

/** 0.9123 -> 91.2%; a dash where there is nothing to take a share of. */
function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)}%` : '–';
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
