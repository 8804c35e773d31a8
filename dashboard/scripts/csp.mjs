// Gives each page a content security policy of its own, in a <meta>: all that is known when the export is made, so that it
// holds whoever serves it. A page's inline scripts carry its rendered payload, so each page has hashes of its own.
// What is not known yet, or counts only in a header, is the server's to add: `connect-src` and `frame-ancestors`. A browser
// obeys both policies. out/csp.json has the hashes for a server whose header names scripts too.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const out = path.resolve(import.meta.dirname, '../out');
const inlineScript = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

// It must stand before whatever it rules; only the declaration of the encoding has to come earlier still.
const first = /<meta charset="utf-8"\/?>/i;
const policyOf = (hashes) =>
  [
    "default-src 'none'",
    `script-src ${["'self'", ...hashes].join(' ')}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "connect-src 'self' http: https: ws: wss:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

const pages = {};
for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.html')) continue;
  const file = path.join(entry.parentPath, entry.name);
  const html = await readFile(file, 'utf8');
  const found = [...html.matchAll(inlineScript)].map(
    ([, body]) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`,
  );
  const hashes = [...new Set(found)].sort();
  if (!first.test(html))
    throw new Error(`${file} does not declare its encoding where the policy should follow.`);
  const meta = `<meta http-equiv="content-security-policy" content="${policyOf(hashes)}"/>`;
  await writeFile(
    file,
    html.replace(first, (encoding) => encoding + meta),
  );
  const url = `/${path.relative(out, file).split(path.sep).join('/')}`.replace(/\/index\.html$/, '/');
  pages[url] = hashes;
}

const scripts = [...new Set(Object.values(pages).flat())].sort();
if (scripts.length === 0) throw new Error('No inline script was found in out/: run `next build` first.');
await writeFile(path.join(out, 'csp.json'), `${JSON.stringify({ scripts, pages }, null, 2)}\n`);
console.log(`csp.json: ${scripts.length} hashes in ${Object.keys(pages).length} pages`);
