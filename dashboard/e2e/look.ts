// Takes pictures of every page in both themes and three widths, and runs axe on each. Needs `npm run mock` beside it.
// npm run look -- FOLDER [page …]
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { AxeResults } from 'axe-core';
import { launch } from './browser';

const [folder = '/tmp/asoc-look', ...wanted] = process.argv.slice(2);
const base = process.env.LOOK_AT ?? 'http://localhost:13000';
const PAGES: Record<string, string> = {
  overview: '/',
  incidents: '/incidents/',
  incident: '/incident/?id=inc-9f2c51d07a',
  sources: '/incident/?id=inc-50a7ce5',
  approvals: '/approvals/',
  ledger: '/ledger/',
  system: '/system/',
  'sign-in': '/sign-in/',
};
const WIDTHS = [360, 768, 1440];
const axe = await import('node:fs/promises').then(({ readFile }) =>
  readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
);

await mkdir(folder, { recursive: true });
const browser = await launch();
let faults = 0;
for (const theme of ['light', 'dark'] as const) {
  for (const width of WIDTHS) {
    const context = await browser.newContext({
      viewport: { width, height: width < 500 ? 740 : 900 },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error')
        console.log(`  ${width} ${theme} console: ${message.text().slice(0, 400)}`);
    });
    page.on('pageerror', (error) => console.log(`  ${width} ${theme} error: ${error.message}`));
    for (const [name, url] of Object.entries(PAGES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await page.goto(base + url);
      await page.waitForTimeout(1200);
      await page.screenshot({
        path: path.join(folder, `${name}-${width}-${theme}.png`),
        fullPage: name !== 'overview',
      });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (sideways > 0) console.log(`${name} ${width} ${theme}: ${sideways} px wider than the window`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() =>
        (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
      );
      for (const violation of violations) {
        faults += 1;
        console.log(`${name} ${width} ${theme}: ${violation.id} (${violation.impact}): ${violation.help}`);
        for (const node of violation.nodes.slice(0, 3))
          console.log(`    ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]}`);
      }
    }
    await context.close();
  }
}
await browser.close();
console.log(`${faults} faults; pictures in ${folder}`);
