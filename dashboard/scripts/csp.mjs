// Writes out/csp.json: what a server must put into `script-src` so that exactly the inline scripts of this
// export may run. A page's inline scripts carry its rendered payload, so each page has hashes of its own.
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const out = path.resolve(import.meta.dirname, '../out');
const inlineScript = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;

const pages = {};
for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.html')) continue;
  const file = path.join(entry.parentPath, entry.name);
  const html = await readFile(file, 'utf8');
  const hashes = [...html.matchAll(inlineScript)].map(
    ([, body]) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`,
  );
  const url = `/${path.relative(out, file).split(path.sep).join('/')}`.replace(/\/index\.html$/, '/');
  pages[url] = [...new Set(hashes)].sort();
}

const scripts = [...new Set(Object.values(pages).flat())].sort();
if (scripts.length === 0) throw new Error('No inline script was found in out/: run `next build` first.');
await writeFile(path.join(out, 'csp.json'), `${JSON.stringify({ scripts, pages }, null, 2)}\n`);
console.log(`csp.json: ${scripts.length} hashes in ${Object.keys(pages).length} pages`);
