/** Read at start, not at build, so that one export serves every installation. */
interface Config {
  /** Base of the console's routes; a path such as `/` means the server that served this page. */
  api: string;
}

let loading: Promise<URL> | undefined;

/** Base address of the console. A failed attempt is not kept, so that a retry can succeed. */
export function apiBase(): Promise<URL> {
  loading ??= readBase().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function readBase(): Promise<URL> {
  const response = await fetch('/config.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(`config.json answered ${response.status}`);
  const config = (await response.json()) as Config;
  return new URL(config.api, window.location.href);
}
