// What a task does now, from the daemon's codes; its own sentence where it has no code.
import type { NowSaid, TaskLine } from '../api/types';
import { clock, type Words } from './index';
import { spokenBy } from './planned';
import { asSaid } from './said';

/** A step's words are its mind's own; the tools are ours. */
export function nowText(line: TaskLine, words: Words): string {
  const said: NowSaid = line.now_said;
  const { planned, asked } = spokenBy(line.mind);
  const { text = '', count = 0, of = 0 } = said;
  switch (said.code) {
    case 'asks':
      return words.nowSaid.asks(asked(text));
    case 'helper-asks':
      return words.nowSaid.helperAsks(asked(text));
    case 'step':
      return planned(text);
    case 'tool':
      return words.nowSaid.tools[text] ?? text;
    case 'checks-passed':
      return words.nowSaid.checksPassed(of ?? 0);
    case 'checks-failed':
      return words.nowSaid.checksFailed(count ?? 0, of ?? 0);
    case 'model-waits':
      return words.nowSaid.modelWaits(asSaid(text), clock(said.since ?? 0), clock(said.again_at ?? 0));
    case 'other':
      return asSaid(line.now);
    case 'preparing':
    case 'plan-waits':
    case 'thinking':
    case 'checking':
    case 'listing':
    case 'applying':
    case 'undoing':
    case 'undone':
    case 'nothing-proven':
    case 'paused':
    case 'answered':
    case 'stopped':
    case 'plan-refused':
      return words.nowSaid[said.code];
  }
}
