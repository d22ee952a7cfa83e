// Days and months that a playbook wrote in English, as the person's language writes them.
import { language } from '../state/prefs';

const MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
const NAMES = MONTHS.split('|');
const ONE = `(?:(\\d{1,2}) )?(${MONTHS}) (\\d{4})`;
const SPAN = new RegExp(`\\b${ONE}(?: to ${ONE})?\\b`, 'g');

type Parts = [day: string | undefined, month: string | undefined, year: string | undefined];

function dateOf([day, month, year]: Parts): Date | null {
  return month && year ? new Date(Number(year), NAMES.indexOf(month), Number(day ?? 1)) : null;
}

/** Each of them in a text; what stands between them stays. */
export function daysHere(text: string): string {
  return text.replace(SPAN, (whole, ...found: (string | undefined)[]) => {
    const [from, to] = [dateOf([found[0], found[1], found[2]]), dateOf([found[3], found[4], found[5]])];
    if (!from) return whole;
    const form: Intl.DateTimeFormatOptions = { month: 'long', year: 'numeric', ...(found[0] && { day: 'numeric' }) };
    const format = new Intl.DateTimeFormat(language.get(), form);
    return to ? format.formatRange(from, to) : format.format(from);
  });
}
