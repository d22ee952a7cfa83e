// The words of the person's language; what is counted, dated and measured in it.
import { useCell } from '../state/cell';
import { language, type Language } from '../state/prefs';
import { de } from './de';
import { en } from './en';
import { known } from './said';
import type { Widened } from './widened';
export type Words = Widened<typeof en>;

const WORDS: Record<Language, Words> = { en, de };
export const LANGUAGES: [Language, string][] = [
  ['en', 'English'],
  ['de', 'Deutsch'],
];

/** The person's own way of writing this language: a clock of 12 hours or 24, the day before the month. */
function tongue(): string {
  const said = language.get();
  return navigator.languages.find((it) => it.toLowerCase().startsWith(said)) ?? said;
}

export function useWords(): Words {
  useCell(known);
  return WORDS[useCell(language)];
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const WEEK_MS = 7 * 86_400_000;

/** An instant as people say it. */
export function when(at: number, now: number): string {
  const since = now - at;
  if (since > WEEK_MS) {
    return new Date(at).toLocaleDateString(tongue(), { day: 'numeric', month: 'short', year: 'numeric' });
  }
  const format = new Intl.RelativeTimeFormat(tongue(), { numeric: 'auto' });
  for (const [unit, length] of UNITS) {
    if (since >= length) return format.format(-Math.floor(since / length), unit);
  }
  return format.format(0, 'second');
}

/** An instant of these days as a clock shows it. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(tongue(), { timeStyle: 'medium' });
}

export function duration(ms: number): string {
  const unit = (count: number, name: string) =>
    count.toLocaleString(tongue(), { style: 'unit', unit: name, unitDisplay: 'short' });
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return unit(seconds, 'second');
  if (seconds < 3600) return unit(Math.round(seconds / 60), 'minute');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.round((seconds % 3600) / 60);
  return minutes ? `${unit(hours, 'hour')} ${unit(minutes, 'minute')}` : unit(hours, 'hour');
}

const MICROS = 1e6;
const CENT_MICROS = 10_000;

/** Millionths of a US dollar; what is less than ten cents shows its parts. */
export function money(micros: number): string {
  const maximumFractionDigits = micros > 0 && micros < 10 * CENT_MICROS ? 4 : 2;
  const form = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', maximumFractionDigits } as const;
  return (micros / MICROS).toLocaleString(tongue(), form);
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

export function size(bytes: number): string {
  const step = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return (bytes / 1000 ** step).toLocaleString(language.get(), {
    style: 'unit',
    unit: SIZES[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  });
}
