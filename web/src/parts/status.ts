// What a task's state means for the person.
import type { Status, TaskLine } from '../api/types';
import type { Tone } from '../ui/told';
import type { Words } from '../words';

export type Group = 'needs-you' | 'running' | 'finished' | 'away';

const GROUPS: Record<Status, Group> = {
  preparing: 'running',
  working: 'running',
  checking: 'running',
  paused: 'running',
  applying: 'running',
  undoing: 'running',
  waiting: 'needs-you',
  'needs-you': 'needs-you',
  done: 'finished',
  answered: 'finished',
  // Until the person puts it away.
  failed: 'needs-you',
  stopped: 'finished',
  refused: 'finished',
};

/** Somebody looked at it, and took of it what they wanted. */
const wasDealtWith = (line: TaskLine) => line.status === 'needs-you' && line.was_applied;

export function groupOf(line: TaskLine): Group {
  if (line.archived) return 'away';
  if (wasDealtWith(line)) return 'finished';
  return line.status === 'done' && line.unapplied ? 'needs-you' : GROUPS[line.status];
}

const TONES: Record<Group, Tone> = { 'needs-you': 'wait', running: 'live', finished: 'plain', away: 'plain' };

export function toneOf(line: TaskLine): Tone {
  if (line.status === 'failed') return 'bad';
  const group = groupOf(line);
  if (line.status === 'paused') return 'wait';
  const isGood = line.status === 'done' || line.status === 'answered';
  return group === 'finished' && isGood ? 'good' : TONES[group];
}

const TITLE_CHARS = 160;

/** What was asked, in one line that can be heard. */
export function titleOf(line: TaskLine): string {
  const first = line.request.split('\n', 1)[0] ?? '';
  const cut = first.length > TITLE_CHARS ? first.slice(0, TITLE_CHARS) : first;
  return cut === line.request ? cut : `${cut} …`;
}

export function statusText(line: TaskLine, words: Words): string {
  if (wasDealtWith(line)) return words.ended;
  return line.status === 'done' && line.unapplied ? words.toReview : words.status[line.status];
}
