import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { cut, reveal, revealed } from './reveal';
import { Untrusted } from './Untrusted';

describe('reveal', () => {
  it.each([
    ['plain text stays', 'AssumeRole by döner ✓', 'AssumeRole by döner ✓'],
    ['direction overrides', 'invoice\u202Egnp.exe', 'invoice⟨U+202E⟩gnp.exe'],
    ['isolates', '\u2066a\u2069', '⟨U+2066⟩a⟨U+2069⟩'],
    ['zero width', 'ad\u200Bmin\uFEFF', 'ad⟨U+200B⟩min⟨U+FEFF⟩'],
    ['controls and terminal escapes', '\u0000\u001B[31mred', '⟨U+0000⟩⟨U+001B⟩[31mred'],
    ['line breaks that forge a second line', 'ok\r\nAPPROVED', 'ok⟨U+000D⟩⟨U+000A⟩APPROVED'],
    ['language tags', 'a\u{E0041}b', 'a⟨U+E0041⟩b'],
    ['variation selectors', 'a\uFE0Fb', 'a⟨U+FE0F⟩b'],
    ['halves of pairs', 'x\uD800y', 'x⟨U+D800⟩y'],
    ['private use', '\uE000', '⟨U+E000⟩'],
    ['blanks that are no spaces', 'a\u3164\u00A0b', 'a⟨U+3164⟩⟨U+00A0⟩b'],
    ['widths of space', 'a\u2003b\u3000c\u202Fd', 'a⟨U+2003⟩b⟨U+3000⟩c⟨U+202F⟩d'],
    ['blanks that are letters', '\u2800\u115Fx', '⟨U+2800⟩⟨U+115F⟩x'],
    ['accents that a language needs', 'e\u0301', 'e\u0301'],
    ['a smear of accents', `e${'\u0301'.repeat(5)}`, `e${'\u0301'.repeat(3)}⟨U+0301⟩⟨U+0301⟩`],
  ])('%s', (_, text, shown) => {
    expect(revealed(text)).toBe(shown);
  });

  it('leaves line breaks and tabs alone where lines are shown', () => {
    expect(reveal('a\n\tb', true)).toEqual([{ kind: 'text', text: 'a\n\tb' }]);
  });
});

describe('cut', () => {
  it('never splits a pair', () => {
    expect(cut('ab😀', 3)).toEqual({ shown: 'ab', whole: false, length: 4 });
  });
  it('leaves what is short enough', () => {
    expect(cut('abc', 3)).toEqual({ shown: 'abc', whole: true, length: 3 });
  });
});

describe('Untrusted', () => {
  it('is only ever text', () => {
    const html = renderToStaticMarkup(<Untrusted text={'<img src=x onerror="alert(1)">'} />);
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img');
  });
  it('keeps its direction to itself, and says how long a cut text is', () => {
    const html = renderToStaticMarkup(<Untrusted text={'x'.repeat(4812)} limit={10} />);
    expect(html).toMatch(/^<bdi/);
    expect(html).toContain('4,812 characters');
    expect(html.length).toBeLessThan(400);
  });
});
