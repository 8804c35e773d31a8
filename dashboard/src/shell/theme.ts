export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'asoc-theme';
const DARK = '(prefers-color-scheme: dark)';

/** Sets the theme before the first paint, and again when the system's preference changes. */
export const THEME_SCRIPT = `(()=>{const q=matchMedia('${DARK}'),s=()=>{let t;try{t=localStorage.getItem('${KEY}')}catch{}document.documentElement.dataset.theme=t==='light'||t==='dark'?t:q.matches?'dark':'light'};s();q.addEventListener('change',s);addEventListener('asoc-theme',s)})()`;

/** What was chosen, `auto` where nothing was. */
export function chosenTheme(): Theme {
  const stored = readStored();
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

/** Keeps the choice and shows it at once. */
export function chooseTheme(theme: Theme): void {
  try {
    if (theme === 'auto') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage is forbidden here: the choice cannot be kept, so the system's preference stays.
  }
  window.dispatchEvent(new Event('asoc-theme'));
}

function readStored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
