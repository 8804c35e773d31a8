import { strict as assert } from 'node:assert';
import type { Page } from 'playwright-core';

/** No token is anywhere that a page can leave something, nor in an address that was asked for. */
export async function holdsNone(page: Page, tokens: string[], urls: string[]) {
  const left = await page.evaluate(async () =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      window.name,
      history.state,
      location.href,
      await indexedDB.databases(),
      await caches.keys(),
      document.documentElement.outerHTML,
    ]),
  );
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.filter((cookie) => cookie.domain === 'localhost'),
    [],
  );
  const session = await page.evaluate(() => Object.keys(sessionStorage));
  assert.deepEqual(session, [], 'nothing of the sign-in stays in the session’s storage');
  assert.ok(tokens.length >= 3);
  for (const token of tokens) {
    const [, , signature] = token.split('.');
    for (const secret of [token, signature ?? token]) {
      assert.ok(!left.includes(secret), 'a token is in the page’s storage, address or markup');
      assert.ok(!JSON.stringify(cookies).includes(secret), 'a token is in a cookie');
      assert.ok(!urls.some((url) => url.includes(secret)), 'a token was in an address');
    }
  }
  assert.equal(new URL(page.url()).searchParams.get('code'), null);
}
