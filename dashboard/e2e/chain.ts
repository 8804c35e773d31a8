// The whole chain in a real browser: an attack arrives, is approved, changes the account, is undone; the audit trail holds.
// ASOC names the program. SHOTS, if set, names a folder for pictures.

import { strict as assert } from 'node:assert';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launch } from './browser';
import { lookOver } from './lookOver';
import { INJECTIONS } from './mock/hostile';
import { staysText } from './staysText';

const program = process.env.ASOC ?? 'asoc';
const dashboard = process.env.DASHBOARD ?? path.resolve(import.meta.dirname, '../out');
const shots = process.env.SHOTS;
const home = mkdtempSync(path.join(tmpdir(), 'asoc-e2e-'));
const asoc = (...args: string[]) =>
  execFileSync(program, ['--home', home, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const complaints: string[] = [];
let server: ChildProcess | undefined;
let browser: Browser | undefined;
try {
  const { link, base } = await up();
  const token = readFileSync(path.join(home, 'operator.token'), 'utf8').trim();
  const api = async (route: string, body?: string) => {
    const answer = await fetch(base + route, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    assert.equal(answer.status, 200, `${route} answers`);
    return answer.json();
  };

  browser = await launch();
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`a script of the attacker's ran: ${dialog.message()}`);
    void dialog.dismiss();
  });

  step('the sign-in link works, once');
  await page.goto(link);
  await page.getByText('Live', { exact: true }).first().waitFor();
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(link);
  await stranger
    .getByText(/not signed in|no longer|sign-in link/i)
    .first()
    .waitFor();
  await stranger.context().close();

  step('an attack arrives live');
  const begin = Date.now();
  asoc('drill', 'leaked-key', '--speed', '0');
  await page.getByTestId('feed-row').first().waitFor();
  console.log(`  first row ${Date.now() - begin} ms after the command was given`);
  await until(async () => (await api('/v1/incidents')).length > 0, 'an incident is opened');
  const incident: string = (await api('/v1/incidents'))[0].id;
  await until(async () => {
    const { plan, approval } = (await api(`/v1/incidents/${incident}`)).incident;
    return plan?.actions.length === 3 && approval?.request.plan === plan.hash && !approval.outcome;
  }, 'a plan against all that the attacker holds waits for an answer');
  const before = await api('/v1/account');
  assert.equal(before.users['ci-deploy'].access_keys.AKIAIOSFODNNCIDEPLOY.status, 'Active');
  await shot(page, 'overview');

  step('the approval is asked for, and given');
  await page.goto(new URL('/approvals/', link).href);
  const card = page.getByTestId('approval-card');
  await card.waitFor();
  await until(
    async () => (await api('/v1/approvals')).some((c: { blast_radius?: object }) => c.blast_radius),
    'preview',
  );
  await page.reload();
  await card.waitFor();
  await shot(page, 'approvals');
  await lookOver(page, 'approvals');
  await page.getByTestId('approve').click();
  await page.getByTestId('confirm').click();
  await page.getByTestId('aftermath').waitFor();

  step('the account is really changed');
  await page.goto(new URL(`/incident/?id=${incident}`, link).href);
  const rows = page.getByTestId('action-row');
  await rows.first().waitFor();
  await until(
    async () => (await states(page)).every((state) => state === 'verified'),
    'every action is verified',
  );
  const contained = await api('/v1/account');
  assert.equal(contained.users['ci-deploy'].access_keys.AKIAIOSFODNNCIDEPLOY.status, 'Inactive');
  assert.ok(contained.users['ci-deploy'].attached_policies.includes('arn:aws:iam::aws:policy/AWSDenyAll'));
  await page
    .getByTestId('incident-status')
    .getByText(/contained/i)
    .waitFor();
  await shot(page, 'incident');
  assert.match(asoc('verify'), /every one holds/);

  step('undo puts it back exactly');
  for (let left = await rows.count(); left > 0; left -= 1) {
    await page.getByTestId('undo').first().click();
    await page.getByRole('dialog').getByRole('textbox').fill('It was a drill.');
    const risk = page.getByTestId('accept-risk');
    if (await risk.count()) await risk.check();
    await page.getByTestId('confirm').click();
    await until(
      async () =>
        (await states(page)).filter((state) => state === 'undone').length > (await rows.count()) - left,
      'the action is undone',
    );
  }
  assert.deepEqual(await api('/v1/account'), before);
  assert.match(asoc('verify'), /every one holds/);

  step('what an attacker writes stays text');
  const hostile = '<img src=x onerror=alert(1)>\u202e{{7*7}}"><script>alert(2)</script>';
  const texts = [hostile, ...INJECTIONS.map(({ payload }) => payload)];
  const records = texts.map((text, n) => ({
    eventVersion: '1.11',
    eventID: `hostile-${n}`,
    eventTime: new Date().toISOString(),
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateAccessKey',
    awsRegion: 'us-east-1',
    sourceIPAddress: text,
    userAgent: text,
    recipientAccountId: '111122223333',
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::111122223333:user/${hostile}`,
      userName: hostile,
    },
    requestParameters: {
      userName: `maya.ortiz${text}`,
      roleSessionName: text,
      bucketName: text,
      tagSet: [{ key: 'note', value: text }],
    },
  }));
  await api('/v1/deliveries?name=hostile', JSON.stringify({ Records: records }));
  await until(
    async () => (await api('/v1/incidents')).length > texts.length,
    'each hostile record becomes an incident',
  );
  const second = (await api('/v1/incidents')).find((row: { id: string }) => row.id !== incident).id;
  const paths = [
    '/',
    '/incidents/',
    `/incident/?id=${incident}`,
    `/incident/?id=${second}`,
    '/approvals/',
    '/ledger/',
    '/system/',
  ];
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 768, 1440]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      for (const route of paths) {
        await page.goto(new URL(route, link).href);
        await page.waitForLoadState('networkidle');
        await staysText(page, `${route} at ${width} px`);
        await lookOver(page, `${route} ${colorScheme} ${width}`);
      }
    }
  }
  assert.deepEqual(complaints, []);
  console.log('the chain holds');
} catch (error) {
  const [page] = browser?.contexts()[0]?.pages() ?? [];
  if (shots && page) await page.screenshot({ path: path.join(shots, 'failure.png') });
  console.error('the page complained of:', complaints);
  throw error;
} finally {
  await browser?.close();
  server?.kill('SIGTERM');
  rmSync(home, { recursive: true, force: true });
}

function step(what: string) {
  console.log(`- ${what}`);
}

/** Starts the program on a home of its own; gives its sign-in link and the console's address. */
async function up(): Promise<{ link: string; base: string }> {
  const args = [
    '--home',
    home,
    'up',
    '--console-port',
    '0',
    '--dashboard-port',
    '0',
    '--dashboard',
    dashboard,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  server = child;
  let said = '';
  for await (const part of child.stdout) {
    said += part;
    const link = said.match(/http\S+#token=\w+/)?.[0];
    const base = said.match(/console\s+(http\S+)/)?.[1];
    if (link && base) {
      child.stdout.resume();
      return { link, base };
    }
  }
  throw new Error(`the program did not start: ${said}`);
}

async function states(page: Page): Promise<(string | null)[]> {
  return page
    .getByTestId('action-row')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-state')));
}

async function until(holds: () => Promise<boolean>, what: string) {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`in 20 seconds it did not come about that ${what}`);
}

async function shot(page: Page, name: string) {
  if (!shots) return;
  await page.waitForTimeout(600);
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
}
