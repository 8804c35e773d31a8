import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';

/** All elements that the dashboard makes; a payload would bring others. */
const OURS = new Set(
  `a article aside b bdi body br button circle code dd defs details dialog div dl dt fieldset footer form g h1 h2 h3 h4
  head header html input kbd label legend li link main marker meta nav next-route-announcer ol option p path pattern
  polyline pre q rect script section select span style summary svg table tbody td text textarea th thead time title tr
  ul`.split(/\s+/),
);
/** Attributes that lead elsewhere or load something. */
const LEADS = new Set(['href', 'src', 'action', 'formaction', 'data', 'poster', 'srcset', 'xlink:href']);
/** Attributes that nobody reads. */
const DRAWN = new Set(['class', 'style', 'd', 'content']);
const BOXES = ['finding', 'opinion', 'approval-card', 'incident-row', 'feed-row']
  .map((name) => `[data-testid=${name}]`)
  .join();
/** What has no shape, by number and not by the page's own notion of it: a test must not share its mistakes. */
const UNSEEN = [
  [0x0, 0x1f],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xe0000, 0x10ffff],
] as const;
/** Nothing on the page is made of a payload, acts unseen, or is wider than its place. */
export async function staysText(page: Page, where: string) {
  const { origin } = new URL(page.url());
  const { elements, attributes, texts, wide } = await page.evaluate(read, BOXES);
  const wrong = [
    ...elements.filter((name) => !OURS.has(name)).map((name) => `<${name}> is on the page`),
    ...attributes.filter(({ name }) => name.startsWith('on')).map(({ of, name }) => `<${of} ${name}>`),
    ...attributes
      .filter(({ name, value }) => LEADS.has(name) && new URL(value, page.url()).origin !== origin)
      .map(({ of, value }) => `<${of}> leads to ${value.slice(0, 80)}`),
    ...attributes
      .filter(({ name, value }) => !DRAWN.has(name) && !name.startsWith('data-') && unseen(value))
      .map(({ of, name, value }) => `<${of} ${name}> hides something: ${JSON.stringify(value.slice(0, 80))}`),
    ...texts
      .filter(({ text, lines }) => unseen(lines ? text.replace(/[\t\n]/g, '') : text))
      .map(({ text, of }) => `<${of}> hides something: ${JSON.stringify(text.slice(0, 80))}`),
    ...wide,
  ];
  assert.deepEqual([...new Set(wrong)].slice(0, 20), [], where);
}

function unseen(text: string): boolean {
  return [...text].some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return UNSEEN.some(([first, last]) => code >= first && code <= last);
  });
}

/** Runs in the page: what there is to judge. */
function read(boxes: string) {
  const all = [...document.querySelectorAll('*')];
  const texts: { text: string; of: string; lines: boolean }[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent || ['script', 'style'].includes(parent.localName)) continue;
    texts.push({ text: node.nodeValue ?? '', of: parent.localName, lines: parent.closest('pre') !== null });
  }
  const sideways = document.documentElement.scrollWidth - window.innerWidth;
  return {
    elements: [...new Set(all.map(({ localName }) => localName))],
    attributes: all.flatMap((element) =>
      [...element.attributes].map(({ name, value }) => ({ of: element.localName, name, value })),
    ),
    texts,
    wide: [...document.querySelectorAll(boxes)]
      .filter((box) => box.scrollWidth > box.clientWidth)
      .map(
        (box) => `a ${box.getAttribute('data-testid')} is ${box.scrollWidth - box.clientWidth} px too wide`,
      )
      .concat(sideways > 0 ? [`the page is ${sideways} px too wide`] : []),
  };
}
