import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const axe = await readFile('node_modules/axe-core/axe.min.js', 'utf8');
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
const p = await (
  await b.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' })
).newPage();
p.on('console', (m) => {
  if (m.type() === 'error' || m.type() === 'warning') console.log('console', m.text().slice(0, 300));
});
p.on('pageerror', (e) => console.log('pageerror', e.message));
const check = async (name: string) => {
  await p.evaluate(axe);
  const r = await p.evaluate(() => (window as any).axe.run());
  for (const v of r.violations)
    console.log(name, v.id, v.nodes.map((n: any) => n.target.join(' ')).slice(0, 3));
};
await p.goto('http://localhost:13000/');
await p.waitForTimeout(1500);
console.log(
  'fonts',
  await p.evaluate(() => [...document.fonts].map((f) => f.family + f.weight + f.status).join(' ')),
);
console.log('title', await p.title(), 'rows', await p.getByTestId('feed-row').count());
await p.keyboard.press('?');
await p.waitForTimeout(300);
await p.screenshot({ path: '/tmp/look/help.png' });
await check('help');
await p.keyboard.press('Escape');
await p.keyboard.press('g');
await p.keyboard.press('a');
await p.waitForURL('**/approvals/');
await p.waitForTimeout(600);
await p.keyboard.press('3');
await p.keyboard.press('a');
await p.waitForTimeout(400);
await p.screenshot({ path: '/tmp/look/confirm.png' });
await check('confirm');
await p.keyboard.press('Escape');
await p.keyboard.press('r');
await p.waitForTimeout(300);
await p.screenshot({ path: '/tmp/look/reject.png' });
await check('reject');
await p.keyboard.press('Escape');
await p.getByTestId('approve').click();
await p.getByTestId('confirm').click();
await p.waitForTimeout(1800);
await p.screenshot({ path: '/tmp/look/after1.png' });
await p.waitForTimeout(4500);
await p.screenshot({ path: '/tmp/look/after.png' });
await check('after');
await p.getByRole('link', { name: 'Follow it' }).click();
await p.waitForTimeout(1500);
console.log(
  'status',
  await p.getByTestId('incident-status').innerText(),
  await p.getByTestId('action-row').evaluateAll((r) => r.map((x) => (x as HTMLElement).dataset.state)),
);
await p.screenshot({ path: '/tmp/look/contained.png', fullPage: true });
await check('contained');
await p.getByTestId('undo').nth(1).click();
await p.waitForTimeout(300);
await p.screenshot({ path: '/tmp/look/undo.png' });
await check('undo');
await p.keyboard.press('Escape');
await p.getByText('calls sent').first().click();
await p.getByText('Raw event').first().click();
await p.getByText('Why 67').click();
await p.waitForTimeout(500);
await check('opened');
// graph by keyboard
const node = p.locator('.react-flow__node').nth(2);
await node.focus();
await p.keyboard.press('Enter');
await p.waitForTimeout(300);
console.log(
  'node',
  await p
    .getByRole('region', { name: 'Chosen node' })
    .innerText()
    .catch((e) => 'none'),
);
await p.locator('#blast').screenshot({ path: '/tmp/look/blast.png' });
await p.getByRole('button', { name: 'list' }).click();
await p.waitForTimeout(300);
await p.locator('#blast').screenshot({ path: '/tmp/look/blastlist.png' });
await p.locator('#plan').screenshot({ path: '/tmp/look/plan.png' });
// burst
await p.goto('http://localhost:13000/system/');
await p.waitForTimeout(800);
await p.getByTestId('start-drill').first().click();
await p.waitForTimeout(300);
await p.getByRole('link', { name: 'Overview' }).first().click();
await p.evaluate(() => {
  (window as any).long = [];
  new PerformanceObserver((l) =>
    (window as any).long.push(...l.getEntries().map((e) => Math.round(e.duration))),
  ).observe({ entryTypes: ['longtask'] });
});
await p.waitForTimeout(1500);
await p.evaluate(() =>
  fetch('http://localhost:19002/v1/drills/x', { method: 'POST', credentials: 'include' }),
);
await p.waitForTimeout(4000);
console.log(
  'long tasks',
  await p.evaluate(() => (window as any).long),
  'rows',
  await p.getByTestId('feed-row').count(),
);
const box = p.getByRole('region', { name: 'Messages, newest first' });
await box.evaluate((e) => {
  e.scrollTop = 800;
});
await p.waitForTimeout(300);
await p.evaluate(() =>
  fetch('http://localhost:19002/v1/drills/x', { method: 'POST', credentials: 'include' }),
);
await p.waitForTimeout(2500);
console.log(
  'held',
  await p
    .getByRole('button', { name: /new, show/ })
    .innerText()
    .catch(() => 'none'),
);
await p.screenshot({ path: '/tmp/look/held.png' });

await p.getByRole('button', { name: /new, show/ }).click().catch(()=>{}); await p.waitForTimeout(800); console.log('released', await p.getByTestId('feed-row').count());
// sign in
await p.goto('http://localhost:13000/sign-in/'); await p.waitForTimeout(500); await p.screenshot({path:'/tmp/look/signin.png'}); await p.evaluate(()=>{location.hash='token=bad'}); await p.waitForTimeout(800); console.log('bad', await p.getByRole('alert').first().innerText()); await p.screenshot({path:'/tmp/look/signin-bad.png'}); await check('signin');
await p.evaluate(()=>{location.hash='token=good'}); await p.waitForURL('http://localhost:13000/'); console.log('signed in', p.url());
await p.waitForTimeout(1500);
await p.goto('http://localhost:13000/incident/?id=inc-3f01d9'); await p.waitForTimeout(1500); await p.screenshot({ path: '/tmp/look/failed.png' });
await p.locator('#blast').screenshot({ path: '/tmp/look/blast.png' });
// break the connection
const { execSync } = await import('node:child_process');
await p.goto('http://localhost:13000/'); await p.waitForTimeout(1500);
const seqs = () => p.getByTestId('feed-row').evaluateAll(r => r.map(x => Number((x as HTMLElement).dataset.seq)));
execSync("kill $(ss -ltnp | grep ':19002' | grep -oP 'pid=\\K[0-9]+' | head -1)"); await p.waitForTimeout(2500);
console.log('broken:', await p.getByRole('status').first().innerText()); await p.screenshot({ path: '/tmp/look/broken.png' });
await b.close();
