// Sentences by their form: what is the same in each of them, with holes for what is not.
//
// A table has two lines for each form: the daemon's, and ours below it, indented. Holes are
// `{}` for any words, `{#}` for a number, `{~}` for a sentence of its own, `{=}` for rules, `{@}` for
// words with days in them.

type Form = { match: RegExp; holes: string[]; into: string; weight: number };
export type Forms = { whole: Map<string, string>; holed: Form[] };

const HOLE = /\{([#~=@]?)\}/g;
const HELD: Record<string, string> = { '#': '([\\d.,]+)' };

function form(text: string, into: string): Form {
  const holes = [...text.matchAll(HOLE)].map((it) => it[1] ?? '');
  const parts = text.split(/\{[#~=@]?\}/).map((it) => it.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const held = (index: number) => HELD[holes[index] ?? ''] ?? '([^]+?)';
  const source = parts.map((part, index) => part + (index < holes.length ? held(index) : '')).join('');
  return { match: new RegExp(`^${source}$`), holes, into, weight: parts.join('').length };
}

export function formsOf(...tables: string[]): Forms {
  const whole = new Map<string, string>();
  const holed: Form[] = [];
  for (const table of tables) {
    const lines = table.split('\n');
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const [text, into] = [lines[at] ?? '', (lines[at + 1] ?? '').trim()];
      // Braces that are no hole belong to the sentence.
      if (/\{[#~=@]?\}/.test(text)) holed.push(form(text, into));
      else whole.set(text, into);
    }
  }
  // What says more of itself fits better.
  holed.sort((a, b) => b.weight - a.weight);
  return { whole, holed };
}

const LONGEST = 2000;
const DEEPEST = 6;
/** What the daemon puts between sentences, the widest gap first. */
const GAPS = ['; ', ', '];
/** What stands behind it is why, often in the words of somebody else. */
const WHY = ': ';

/** What fills holes of some kinds, in our words. */
export type Fills = { rule: (line: string) => string; days: (text: string) => string };

/** The sentence in our words; `null` where some of it has none. */
export function said(forms: Forms, text: string, fills: Fills, depth = 0): string | null {
  if (text.length > LONGEST || depth > DEEPEST) return null;
  const again = (part: string) => said(forms, part, fills, depth + 1);
  const known = forms.whole.get(text);
  if (known !== undefined) return known;
  for (const { match, holes, into } of forms.holed) {
    const found = match.exec(text);
    if (!found) continue;
    const held = found.slice(1).map((it, index) => {
      if (holes[index] === '~') return again(it) ?? it;
      if (holes[index] === '@') return fills.days(it);
      return holes[index] === '=' ? it.split('; ').map(fills.rule).join('; ') : it;
    });
    return into.replace(/\{\}/g, () => held.shift() ?? '');
  }
  for (const gap of GAPS) {
    const parts = text.split(gap);
    if (parts.length < 2) continue;
    const told = parts.map(again);
    if (told.every((it) => it !== null)) return told.join(gap);
  }
  const at = text.indexOf(WHY);
  const head = at < 0 ? null : again(text.slice(0, at));
  if (head === null) return null;
  const why = text.slice(at + WHY.length);
  return head + WHY + (again(why) ?? why);
}
