import { execFileSync, spawn } from 'node:child_process';
import { chromium } from 'playwright-core';

const home = '/tmp/asoc-real-home';
execFileSync('rm', ['-rf', home]);
const s = spawn(
  '/tmp/asoc-bin',
  ['--home', home, 'up', '--console-port', '0', '--dashboard-port', '0', '--dashboard', 'out'],
  { stdio: ['ignore', 'pipe', 'ignore'] },
);
let said = '',
  link = '';
for await (const c of s.stdout) {
  said += c;
  const m = said.match(/http\S+#token=\w+/);
  if (m) {
    link = m[0];
    break;
  }
}
s.stdout.resume();
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
});
try {
  const p = await (
    await b.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' })
  ).newPage();
  p.on('console', (m) => {
    if (m.type() === 'error') console.log('console', m.text().slice(0, 300));
  });
  await p.goto(link);
  await p.getByText('Live', { exact: true }).first().waitFor();
  const o = new URL(link).origin;
  await p.goto(o + '/system/');
  await p.waitForTimeout(800);
  const names = await p
    .getByTestId('start-drill')
    .evaluateAll((x) => x.map((e) => (e as HTMLElement).dataset.drill));
  console.log(names);
  await p.getByRole('combobox').first().selectOption('0');
  for (const n of names) {
    await p.locator(`[data-drill="${n}"]`).click();
    await p.waitForTimeout(700);
  }
  await p.waitForTimeout(4000);
  await p.screenshot({ path: '/tmp/shots/r-system.png', fullPage: true });
  await p.goto(o + '/');
  await p.waitForTimeout(1500);
  await p.screenshot({ path: '/tmp/shots/r-overview.png' });
  await p.goto(o + '/approvals/');
  await p.waitForTimeout(1500);
  await p.screenshot({ path: '/tmp/shots/r-approvals.png', fullPage: true });
  await p.goto(o + '/incidents/');
  await p.waitForTimeout(1000);
  const hrefs = await p
    .getByTestId('incident-row')
    .locator('a')
    .evaluateAll((x) => x.map((e) => (e as HTMLAnchorElement).href));
  console.log(hrefs.length);
  for (const [i, h] of hrefs.entries()) {
    await p.goto(h);
    await p.waitForTimeout(1800);
    await p.evaluate(() => document.querySelector('#blast')!.scrollIntoView());
    await p.waitForTimeout(500);
    await p.screenshot({ path: `/tmp/shots/r-blast-${i}.png` });
    if (i === 0) {
      await p.locator('.react-flow__controls-fitview').click();
      await p.waitForTimeout(500);
      await p.screenshot({ path: `/tmp/shots/r-blast-fit.png` });
      await p.setViewportSize({ width: 360, height: 740 });
      await p.reload();
      await p.waitForTimeout(1500);
      await p.evaluate(() => document.querySelector('#blast')!.scrollIntoView());
      await p.waitForTimeout(300);
      await p.screenshot({ path: `/tmp/shots/r-blast-360.png` });
      await p.setViewportSize({ width: 1440, height: 900 });
    }
  }
  await p.goto(o + '/ledger/');
  await p.waitForTimeout(1200);
  await p.getByTestId('verify').click();
  await p.waitForTimeout(1500);
  console.log(await p.getByTestId('verify-result').innerText());
  await p.screenshot({ path: '/tmp/shots/r-ledger.png' });
} finally {
  await b.close();
  s.kill('SIGTERM');
}
