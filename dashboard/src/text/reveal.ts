/** A stretch of text as it may be shown: as it is, or a mark in place of something that would not be seen. */
export type Segment = { kind: 'text'; text: string } | { kind: 'mark'; code: string; name: string };

// What changes how other characters are read without being seen itself: an event's field may hold it on purpose.
const NAMES: Record<number, string> = {
  0: 'null',
  8: 'backspace',
  9: 'tab',
  10: 'line break',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  160: 'no-break space',
  173: 'soft hyphen',
  847: 'grapheme joiner',
  1564: 'Arabic letter mark',
  4447: 'Hangul filler',
  4448: 'Hangul filler',
  5760: 'Ogham space',
  6158: 'vowel separator',
  8203: 'zero-width space',
  8204: 'zero-width non-joiner',
  8205: 'zero-width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8232: 'line separator',
  8233: 'paragraph separator',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'end of direction',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8239: 'narrow no-break space',
  8287: 'mathematical space',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'end of isolate',
  10240: 'braille blank',
  12288: 'ideographic space',
  12644: 'Hangul filler',
  65279: 'byte order mark',
  65440: 'Hangul filler',
};

/** Whatever has no shape of its own but the plain space; the braille blank is the one that Unicode takes for a letter. */
const HIDDEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;
const COMBINING = /\p{M}/u;
/** More combining marks than this on one letter are no writing but a smear over the lines around it. */
const MARKS_PER_LETTER = 3;

/** Splits hostile text so that nothing in it acts unseen. With `lines`, line breaks and tabs stay what they are. */
export function reveal(text: string, lines = false): Segment[] {
  const segments: Segment[] = [];
  let plain = '';
  let marks = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    marks = COMBINING.test(character) ? marks + 1 : 0;
    const layout = lines && (code === 0x0a || code === 0x09);
    if (!layout && (HIDDEN.test(character) || marks > MARKS_PER_LETTER)) {
      if (plain !== '') segments.push({ kind: 'text', text: plain });
      plain = '';
      segments.push({ kind: 'mark', code: codeOf(code), name: NAMES[code] ?? nameless(character) });
    } else {
      plain += character;
    }
  }
  if (plain !== '') segments.push({ kind: 'text', text: plain });
  return segments;
}

/** The same as one string, for places that take no elements (titles, labels of controls). */
export function revealed(text: string, limit = 200): string {
  const { shown, whole } = cut(text, limit);
  const body = reveal(shown)
    .map((segment) => (segment.kind === 'text' ? segment.text : `⟨${segment.code}⟩`))
    .join('');
  return whole ? body : `${body}…`;
}

/** The first `limit` characters, never half of a surrogate pair, and how many there are in all. */
export function cut(text: string, limit: number): { shown: string; whole: boolean; length: number } {
  if (text.length <= limit) return { shown: text, whole: true, length: text.length };
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return { shown: text.slice(0, end), whole: false, length: text.length };
}

function codeOf(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function nameless(character: string): string {
  if (/\p{Cc}/u.test(character)) return 'control character';
  if (/\p{Cs}/u.test(character)) return 'half of a pair';
  if (/\p{Co}/u.test(character)) return 'private use';
  if (/\p{Cn}/u.test(character)) return 'unassigned';
  if (/\p{Z}/u.test(character)) return 'unusual space';
  if (COMBINING.test(character)) return 'combining mark';
  return 'invisible character';
}
