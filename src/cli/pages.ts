/** Pages on files and behaviour: Markdown that is part of the package, printed by `facecls help PAGE`. */
import { readFile } from 'node:fs/promises';
import { packageFile } from '../files/package.js';

interface Page {
  readonly description: string;
  /** In the package. */
  readonly file: string;
  /** Heading of the section that is the page; without it the page is the whole file. */
  readonly section?: string;
}

export const PAGES: Readonly<Record<string, Page>> = {
  formats: { description: 'every file of results, field by field', file: 'docs/formats.md' },
  'exit-codes': {
    description: 'exit codes, and what goes where it is printed',
    file: 'docs/exit-codes.md',
  },
  resume: { description: 'going on after an interruption', file: 'docs/resume.md' },
  shards: { description: 'sharing the work among machines', file: 'docs/shards.md' },
  shares: {
    description: 'what a data set is made of, and how sure that is',
    file: 'docs/composition.md',
  },
  lists: { description: 'balanced lists, and how pure they are', file: 'docs/balance.md' },
  devices: { description: 'CPU and GPUs', file: 'docs/devices.md' },
  detectors: { description: 'MTCNN and SSD, and which to take', file: 'docs/detectors.md' },
  labels: {
    description: 'what the labels are, and what they are not',
    file: 'README.md',
    section: 'What the labels are, and are not',
  },
};

/** @param name one of PAGES */
export async function readPage(name: string): Promise<string> {
  const { file, section } = PAGES[name];
  const text = await readFile(packageFile(file), 'utf8');
  return plainText(section === undefined ? text : sectionOf(text, section));
}

/** From the heading to the next of the same level. */
function sectionOf(text: string, heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`) + 1;
  const end = text.indexOf('\n## ', start);
  return text.slice(start, end < 0 ? undefined : end);
}

/** As a terminal shows it best: no addresses of links, no asterisks, examples indented. */
function plainText(markdown: string): string {
  let isCode = false;
  const lines = markdown.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      isCode = !isCode;
      return [];
    }
    if (isCode) return [`    ${line}`.trimEnd()];
    if (line.startsWith('![')) return [];
    return [line.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*\*/g, '')];
  });
  return lines.join('\n').trim();
}
