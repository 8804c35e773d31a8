const KEY = 'asoc-shortcuts';

/** Whether single keys do something. Speech input and shaky hands need them off (WCAG 2.1.4). */
export function shortcutsOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

/** Keeps the choice. */
export function chooseShortcuts(on: boolean): void {
  try {
    localStorage.setItem(KEY, on ? 'on' : 'off');
  } catch {
    // Storage is forbidden here: the keys stay on.
  }
}
