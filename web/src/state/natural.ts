// Names in the order in which people count: 1, 2, 10.
import { language } from './prefs';

let made: { language: string; collator: Intl.Collator } | null = null;

function collator(): Intl.Collator {
  const wanted = language.get();
  if (made?.language !== wanted) {
    made = { language: wanted, collator: new Intl.Collator(wanted, { numeric: true }) };
  }
  return made.collator;
}

/** What is in one folder stays together: names are compared one by one, from the outermost. */
export function sorted<T>(things: readonly T[], pathOf: (thing: T) => string): T[] {
  const { compare } = collator();
  const keyed = things.map((thing) => ({ thing, names: pathOf(thing).split('/') }));
  keyed.sort((a, b) => {
    for (const [index, name] of a.names.entries()) {
      const other = b.names[index];
      if (other === undefined) return 1;
      if (name === other) continue;
      // What is the same to a reader, such as 1 and 01, still has one order.
      return compare(name, other) || (name < other ? -1 : 1);
    }
    return a.names.length - b.names.length;
  });
  return keyed.map(({ thing }) => thing);
}
