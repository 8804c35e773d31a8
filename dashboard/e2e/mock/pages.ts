// The export, as a web server or CloudFront gives it out.
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import path from 'node:path';

const OUT = process.env.DASHBOARD ?? path.resolve(import.meta.dirname, '../../out');
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

/** Serves the export with this config.json, asked for anew each time, under this content security policy. */
export function servePages(port: number, config: () => unknown, policy: string): Server {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://pages');
    response.setHeader('content-security-policy', policy);
    response.setHeader('referrer-policy', 'no-referrer');
    if (pathname === '/config.json') return response.end(JSON.stringify(config()));
    const file = path.join(OUT, path.normalize(pathname), pathname.endsWith('/') ? 'index.html' : '');
    const body = await readFile(file).catch(() => undefined);
    const type = body ? TYPES[path.extname(file)] : 'text/html';
    response.writeHead(body ? 200 : 404, { 'content-type': type ?? 'application/octet-stream' });
    response.end(body ?? (await readFile(path.join(OUT, '404.html'))));
  }).listen(port);
}

/** What a local server puts into its header: the hashes of all pages. */
export async function inlineScripts(): Promise<string> {
  const { scripts } = JSON.parse(await readFile(path.join(OUT, 'csp.json'), 'utf8')) as { scripts: string[] };
  return scripts.join(' ');
}
