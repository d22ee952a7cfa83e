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
  failed: 'finished',
  stopped: 'finished',
  refused: 'finished',
};

export function groupOf(line: TaskLine): Group {
  if (line.archived) return 'away';
  if (line.status === 'needs-you' && !line.unapplied) return 'finished';
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

export function statusText(line: TaskLine, words: Words): string {
  return line.status === 'done' && line.unapplied ? words.toReview : words.status[line.status];
}
