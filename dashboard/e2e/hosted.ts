// The hosted dashboard in a real browser, against fakes of a Cognito user pool and of API Gateway that hold it to their contracts,
// under the content security policy it is deployed with. Needs a build; no other program. SHOTS, if set, names a folder for pictures.
import { strict as assert } from 'node:assert';
import path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launch } from './browser';
import { holdsNone } from './holdsNone';
import { lookOver } from './lookOver';
import { UserPool } from './mock/cognito';
import { Gateway } from './mock/gateway';
import { servePages } from './mock/pages';
import { alert } from './mock/traffic';
import { World } from './mock/world';

const [WEB, API, POOL] = [13020, 19022, 19023];
const base = `http://localhost:${WEB}`;
// Another host than the dashboard's, as it really is: cookies know no ports.
const domain = `http://127.0.0.1:${POOL}`;
const back = `${base}/sign-in/`;
const incident = `${base}/incident/?id=inc-9f2c51d07a#receipt`;

const pool = new UserPool({ id: 'client1', callbacks: [back], signOuts: [back] });
const world = new World(40, false);
/** Tokens that were ended before their time. */
const ended = new Set<string>();
const gateway = new Gateway(world, base, (token) => !ended.has(token) && pool.issuer.accepts(token));
const right = {
  api: `http://localhost:${API}`,
  socket: `ws://localhost:${API}/prod`,
  signIn: { authority: pool.issuer.issuer, domain, client: 'client1' },
  features: [],
};
let config: object = { api: '', socket: 'https://live.example.com', signin: right.signIn };
// What CloudFront's header has; scripts, styles and the rest are ruled by each page's own <meta>.
const policy = `connect-src 'self' ${right.api} ws://localhost:${API} ${domain}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'`;
servePages(WEB, () => config, policy);
gateway.listen(API);
pool.listen(POOL);

const complaints: string[] = [];
const urls: string[] = [];
const browser = await launch();
const context = await newContext();
const page = await context.newPage();
try {
  step('a configuration that is wrong is told, all of it');
  await page.goto(base);
  await page.getByRole('heading', { name: 'This dashboard is not set up right' }).waitFor();
  for (const what of ['“signin” is not known', '“api” must be', '“socket” must be'])
    await page.getByText(what).waitFor();
  await lookOver(page, 'the configuration error');
  await shot(page, 'config-error');
  config = right;
  await page.getByRole('button', { name: 'Read it again' }).click();
  await page.getByLabel('Password').waitFor();

  step('signing in leads back to where one was');
  await page.goto(incident);
  await page.getByLabel('Password').waitFor();
  assert.equal(new URL(page.url()).origin, domain);
  await signIn(page);
  await page.getByText('Live', { exact: true }).first().waitFor();
  assert.equal(page.url(), incident);
  await page.getByTestId('action-row').first().waitFor();
  await shot(page, 'signed-in');

  step('no token is anywhere but in memory');
  await holdsNone(page, pool.tokens, urls);

  step('what this installation has not is neither shown nor asked for');
  await page.goto(`${base}/system/`);
  await page.getByRole('heading', { name: 'Quarantine' }).waitFor();
  await page.getByText('Live', { exact: true }).first().waitFor();
  for (const name of ['Drills', 'People']) assert.equal(await page.getByRole('heading', { name }).count(), 0);
  assert.deepEqual(
    gateway.asked.filter((route) => /drills|people/.test(route)),
    [],
  );
  await lookOver(page, 'the system page');
  await shot(page, 'system');

  step('the feed is whole, whatever the socket leaves out');
  await page.goto(base);
  await isLive(page);
  world.add(...alert(1));
  await hasNewest(page);
  gateway.losing = 2;
  for (let n = 0; n < 5; n += 1) world.add(...alert(n));
  await hasNewest(page);
  world.add({ type: 'NOTICE', payload: { severity: 'info', text: 'x'.repeat(40_000) } });
  await hasNewest(page);
  gateway.hangUp();
  for (let n = 0; n < 700; n += 1) world.add(...alert(n));
  await hasNewest(page);
  await isLive(page);
  await isWhole(page);

  step('a second tab and a reload sign in without asking');
  const grants = pool.granted.length;
  const second = await context.newPage();
  watch(second);
  await second.goto(`${base}/approvals/`);
  await second.getByTestId('approval-card').waitFor();
  assert.equal(second.url(), `${base}/approvals/`);
  await page.reload();
  await isLive(page);
  assert.deepEqual(pool.granted.slice(grants), ['authorization_code', 'authorization_code']);
  await holdsNone(second, pool.tokens, urls);

  step('a token that ends is renewed before anybody notices');
  pool.lifetime = 2;
  await page.reload();
  await isLive(page);
  await page.waitForTimeout(2500);
  pool.lifetime = 3600;
  await page.getByRole('link', { name: 'Ledger' }).click();
  await page.getByRole('heading', { name: 'Whole chain' }).waitFor();
  await until(() => gateway.asked.includes('GET /v1/ledger'), 'the ledger is asked for');
  assert.ok(pool.granted.includes('refresh_token'));
  assert.equal(gateway.refused, 0);

  step('a token that is refused is replaced, and the request sent again');
  for (const token of pool.tokens) ended.add(token);
  await page.getByTestId('verify').click();
  await page.getByTestId('verify-result').waitFor();
  assert.equal(gateway.refused, 1);

  step('who is signed out elsewhere is asked, and comes back');
  await page.goto(`${base}/approvals/`);
  await page.getByTestId('approval-card').waitFor();
  for (const token of pool.tokens) ended.add(token);
  pool.endAll();
  await page.getByTestId('approve').click();
  await page.getByTestId('confirm').click();
  await page.getByLabel('Password').waitFor();
  await signIn(page);
  await page.getByTestId('approval-card').waitFor();
  assert.equal(page.url(), `${base}/approvals/`);
  // The pool’s “invalid_grant”, of which the browser tells too.
  assert.deepEqual(complaints.splice(0), [
    'Failed to load resource: the server responded with a status of 400 (Bad Request)',
  ]);
  await second.close();

  step('a console that takes no token does not send people in a circle');
  gateway.refusing = true;
  const before = pool.granted.length;
  await page.reload();
  await page.getByRole('heading', { name: 'The console does not accept your sign-in' }).waitFor();
  await page.waitForTimeout(1500);
  assert.ok(pool.granted.length - before <= 3, `${pool.granted.length - before} grants`);
  await shot(page, 'not-accepted');
  gateway.refusing = false;
  await page.reload();
  await page.getByTestId('approval-card').waitFor();

  step('a code that nobody here asked for is not taken');
  const asked = pool.granted.length;
  const lured = await context.newPage();
  await lured.goto(`${base}/sign-in/?code=stolen&state=guessed`);
  await lured.getByText('was not begun in this tab').waitFor();
  assert.equal(lured.url(), back);
  assert.equal(pool.granted.length, asked);
  await lookOver(lured, 'a failed sign-in');
  await shot(lured, 'sign-in-failed');
  await lured.goto(`${base}/sign-in/`);
  await lured.getByRole('button', { name: 'Sign in' }).waitFor();
  await shot(lured, 'sign-in');
  await lured.setViewportSize({ width: 390, height: 800 });
  await shot(lured, 'sign-in-390');

  step('a script that came with nobody’s build does not run');
  const ran = await lured.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    return 'ran' in window;
  });
  assert.equal(ran, false);
  await lured.close();

  step('signing out ends it, in every tab and with the user pool');
  const other = await context.newPage();
  await other.goto(base);
  await isLive(other);
  const live = pool.liveRefreshTokens;
  await page.getByRole('button', { name: /^Sign out/ }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(page.url(), back);
  await until(() => pool.liveRefreshTokens === live - 1, 'the refresh token is revoked');
  await other.getByRole('button', { name: 'Sign in' }).waitFor();
  await until(() => gateway.connected === 0, 'every socket is closed');
  await page.goBack();
  await page.getByLabel('Password').waitFor();
  await page.goto(incident);
  await page.getByLabel('Password').waitFor();

  assert.deepEqual(complaints, []);
  assert.deepEqual(pool.breaches, []);
  assert.deepEqual(gateway.breaches, []);
  console.log('the hosted dashboard holds to its contracts');
} catch (error) {
  if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, 'failure.png') });
  console.error({ complaints, pool: pool.breaches, gateway: gateway.breaches, at: page.url() });
  throw error;
} finally {
  await browser.close();
}
process.exit();

async function newContext(): Promise<BrowserContext> {
  const made = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  made.on('page', watch);
  return made;
}

function watch(watched: Page) {
  watched.on('pageerror', (error) => complaints.push(error.message));
  watched.on('console', (message) => {
    // The browser tells of each 401; those are asked for here.
    const told = message.type() === 'error' && !/status of 401/.test(message.text());
    if (told && !/script-src.*inline/s.test(message.text())) complaints.push(message.text());
  });
  watched.on('request', (request) => urls.push(request.url()));
}

async function signIn(asked: Page) {
  await asked.getByLabel('Password').fill('right');
  await asked.getByRole('button', { name: 'Sign in' }).click();
}

async function isLive(live: Page) {
  await live.getByText('Live', { exact: true }).first().waitFor();
}

async function hasNewest(live: Page) {
  await live.locator(`[data-testid=feed-row][data-seq="${world.newest}"]`).waitFor({ timeout: 10_000 });
}

/** The rows that are held are the log's newest, each once, in order. */
async function isWhole(live: Page) {
  const rows = await live
    .getByTestId('feed-row')
    .evaluateAll((all) => all.map((row) => Number(row.getAttribute('data-seq'))));
  assert.ok(rows.length > 700);
  assert.deepEqual(
    rows.reverse(),
    world.log.slice(-rows.length).map(({ seq }) => seq),
  );
}

async function until(holds: () => boolean, what: string) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`in 10 seconds it did not come about that ${what}`);
}

function step(what: string) {
  console.log(`- ${what}`);
}

async function shot(of: Page, name: string) {
  if (!process.env.SHOTS) return;
  await of.waitForTimeout(600);
  await of.screenshot({ path: path.join(process.env.SHOTS, `${name}.png`) });
}
