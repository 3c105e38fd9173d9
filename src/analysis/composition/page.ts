/**
 * `composition.html`: one file that opens from disk without a network. It has no script, and its content security
 * policy lets it load nothing and run nothing.
 */
import { createHash } from 'node:crypto';
import { Html, html } from '../../plots/html.js';
import { STYLE } from '../../plots/style.js';
import { compositionSection } from './page-section.js';
import { COMPOSITION_STYLE } from './page-style.js';
import type { CompositionRecord } from './record.js';
import { faces } from './words.js';

/** @param facts what ran, in this order: `{ Predictions: 'out/pred_ethnicities.txt', ... }` */
export function compositionPage(
  record: CompositionRecord,
  facts: Readonly<Record<string, string>>,
): string {
  const style = `${STYLE}${COMPOSITION_STYLE}`;
  const hash = createHash('sha256').update(style).digest('base64');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${new Html(`'sha256-${hash}'`)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>facecls composition: ${faces(record.n)}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>Composition of ${faces(record.n)}</h1>
<p class="lead">Shares of appearance groups as annotators perceived them, estimated from predicted labels.</p>
</header>
<main>
<aside class="notice" aria-labelledby="notice">
<h2 id="notice">What the shares are, and are not</h2>
<p>They describe a <strong>set of faces</strong>. The labels are not race, ethnicity, descent, nationality or identity, which no photograph can tell, and they are <strong>not for statements on or decisions about any person</strong>. See the README of facecls.</p>
</aside>
${compositionSection(record)}
<details class="facts">
<summary>About this run</summary>
<dl>
${Object.entries({ ...errorFacts(record), ...facts }).map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>\n`)}</dl>
</details>
</main>
</body>
</html>
`.text;
}

function errorFacts({ known_errors, samples, seed }: CompositionRecord): Record<string, string> {
  if (known_errors === null) return {};
  const { source, date, n, condition_number } = known_errors;
  return {
    'Known errors': [source, ...(date === null ? [] : [date]), faces(n)].join(', '),
    'Condition number': condition_number?.toFixed(2) ?? 'none: the matrix is singular',
    Draws: `${samples}, seed ${seed}`,
  };
}
