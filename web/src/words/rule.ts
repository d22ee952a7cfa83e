// A rule of what may be reached, as a sentence. Its line is the form in which the daemon keeps it
// (`policy::egress`), and every part of it is said, or none.
import { language } from '../state/prefs';
import { ruleDe } from './rule-de';
import { ruleEn } from './rule-en';

export type RuleWords = typeof ruleEn;

class Line {
  constructor(private readonly words: string[]) {}

  take(): string {
    return this.words.shift() ?? '';
  }

  /** Takes the words if they are the next ones. */
  skip(...wanted: string[]): boolean {
    if (!wanted.every((it, index) => this.words[index] === it)) return false;
    this.words.splice(0, wanted.length);
    return true;
  }

  /** What stands behind a word, with `and` between. */
  list(head: string): string[] {
    if (!this.skip(head)) return [];
    const found = [this.take()];
    while (this.skip('and')) found.push(this.take());
    return found;
  }

  get isOver(): boolean {
    return this.words.length === 0;
  }
}

function reachOf(line: Line, say: RuleWords): string {
  const first = line.take();
  if (first in say.reach) {
    line.take();
    return say.reach[first as keyof RuleWords['reach']];
  }
  const methods = [first];
  while (line.skip('and')) methods.push(line.take());
  line.take();
  return say.methods(methods.join(', '));
}

function placeOf(text: string, say: RuleWords): string {
  if (text === 'everywhere') return say.everywhere;
  if (text.startsWith('**.')) return say.atOrBelow(text.slice(3));
  return text.startsWith('*.') ? say.below(text.slice(2)) : text;
}

function limitsOf(line: Line, say: RuleWords): string[] {
  const limits: string[] = [];
  const paths = line.list('below');
  if (paths.length) limits.push(say.paths(paths.join(', ')));
  const ports = line.list('port');
  if (ports.length) limits.push(say.ports(ports.join(', ')));
  if (line.skip('as')) limits.push(say.account(line.take()));
  if (line.skip('inspected')) limits.push(say.inspected);
  if (line.skip('internal', 'within')) limits.push(say.within(line.take()));
  else if (line.skip('internal')) limits.push(say.internal);
  if (line.skip('uploading', 'at', 'most')) limits.push(say.uploading(`${line.take()} ${line.take()}`));
  if (line.skip('at', 'most')) {
    limits.push(say.requests(line.take()));
    line.take();
  }
  return limits;
}

/** `null` if it is no such line. */
export function ruleText(text: string): string | null {
  const say = language.get() === 'de' ? ruleDe : ruleEn;
  const [rule = '', because] = text.split(' because of ');
  const line = new Line(rule.split(' '));
  const stance = line.take();
  if (stance !== 'allow' && stance !== 'deny') return null;
  const what = `${reachOf(line, say)} ${placeOf(line.take(), say)}`;
  const limits = limitsOf(line, say);
  if (!line.isOver || /undefined|\s$/.test(what)) return null;
  const whole = [what, ...limits].join(', ');
  const told = stance === 'allow' ? whole : say.deny(whole);
  return because ? `${told} (${say.because(because)})` : told;
}
