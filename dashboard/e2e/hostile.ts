// What attackers write, and what a model makes of it, stays text on every page: each injection of the list in each place,
// in a real browser, over the mock. Needs a build; no other program.
import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';
import { cut, reveal } from '@/text/reveal';
import { launch } from './browser';
import { HOSTILE, INJECTIONS, STRETCHES } from './mock/hostile';
import { staysText } from './staysText';

const [API, WEB] = ['19012', '13010'];
Object.assign(process.env, {
  MOCK_API: API,
  MOCK_WEB: WEB,
  MOCK_HOSTILE: '1',
  MOCK_EVERY: '0',
  MOCK_HISTORY: '5',
});
await import('./mock/server');
const base = `http://localhost:${WEB}`;
const PAGES = ['/', '/incidents/', `/incident/?id=${HOSTILE}`, '/approvals/'];
/** So many characters of a payload stand on a page before it is cut. */
const BEGINNING = 30;

const complaints: string[] = [];
const browser = await launch();
try {
  for (const width of [360, 768, 1440]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('dialog', (dialog) => {
      complaints.push(`a script of the attacker's ran: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const { protocol, port } = new URL(request.url());
      if (protocol !== 'data:' && port !== API && port !== WEB) complaints.push(`asked for ${request.url()}`);
    });
    for (const route of PAGES) {
      await page.goto(base + route);
      await page.waitForLoadState('networkidle');
      await staysText(page, `${route} at ${width} px`);
      if (route.startsWith('/incident/')) await eachIsShown(page);
      await openAll(page);
      await staysText(page, `${route} at ${width} px, all opened`);
    }
    await context.close();
    console.log(`- ${width} px: ${PAGES.length} pages, ${INJECTIONS.length} injections`);
  }
  assert.deepEqual(complaints, []);
  console.log('what attackers write stays text');
} finally {
  await browser.close();
}
process.exit();

/** Every stretch of a finding that is a payload begins as the payload does, with marks for what would not be seen. */
async function eachIsShown(page: Page) {
  const findings = page.getByTestId('finding');
  assert.equal(await findings.count(), INJECTIONS.length);
  const shown = await findings.evaluateAll((rows) =>
    rows.map((row) => [...row.querySelectorAll('bdi')].map(({ textContent }) => textContent)),
  );
  for (const [index, { name, payload }] of INJECTIONS.entries()) {
    const segments = reveal(cut(payload, BEGINNING).shown);
    const marked = segments
      .map((segment) => (segment.kind === 'text' ? segment.text : segment.code))
      .join('');
    const stretches = shown[index]?.filter((text) => text.startsWith(marked)).length;
    assert.equal(stretches, STRETCHES, `"${name}" is shown in all its places`);
  }
}

/** Opens what is closed and asks for the whole of what is cut. */
async function openAll(page: Page) {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLButtonElement>('bdi button')) button.click();
  });
  await page.waitForTimeout(500);
}
