// What the daemon says in English, in the language of the person. What a model or a person wrote is
// theirs, and a sentence that has no words here stays as it came.
import { cell } from '../state/cell';
import { language } from '../state/prefs';
import { daysHere } from './days';
import { formsOf, said, type Fills, type Forms } from './forms';
import { ruleText } from './rule';

type Known = { daemon: Forms; playbooks: Forms };

/** Comes after the page itself, and only to who needs it. */
export const known = cell<Known | null>(null);

function learn() {
  if (language.get() === 'en' || known.get()) return;
  void import('./daemon/de').then(({ tables, played }) =>
    known.set({ daemon: formsOf(...tables), playbooks: formsOf(...played) }),
  );
}

language.follow(learn);
learn();

const seen = { daemon: new Map<string, string | null>(), playbooks: new Map<string, string | null>() };
const SEEN_MAX = 1000;
const FILLS: Fills = { rule: (line) => ruleText(line) ?? line, days: daysHere };

function told(who: keyof Known, text: string): string | null {
  if (language.get() === 'en') return text;
  const forms = known.get()?.[who];
  if (!forms) return null;
  const before = seen[who].get(text);
  if (before !== undefined) return before;
  const found = said(forms, text, FILLS);
  if (seen[who].size >= SEEN_MAX) seen[who].clear();
  seen[who].set(text, found);
  return found;
}

/** `null` where there are no words for it in the person's language. */
export const saidHere = (text: string): string | null => told('daemon', text);
export const asSaid = (text: string): string => saidHere(text) ?? text;
/** What somebody planned or asks: a playbook's sentence has words here, a model's is its own. */
export const asPlanned = (text: string): string => told('playbooks', text) ?? text;
/** A question is a playbook's, a model's, or the daemon's own. */
export const asAsked = (text: string): string => told('playbooks', text) ?? asSaid(text);
