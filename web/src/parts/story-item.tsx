// One thing that happened.
import { useState, type ReactNode } from 'react';
import type { Item, What } from '../api/types';
import type { Tone } from '../ui/told';
import { Icon, type IconName } from '../ui/icon';
import { duration, useWords, type Words } from '../words';

export type CallItem = Item & { what: Extract<What, { kind: 'call' }> };

type Told = { head: string; body?: string; icon: IconName; tone?: Tone; lines?: string[] };

function tell(what: What, words: Words): Told | null {
  switch (what.kind) {
    case 'created':
      return { head: words.begun, body: what.folders.join(', '), icon: 'folder' };
    case 'ready':
      return { head: words.ready(what.entries), icon: 'search' };
    case 'egress':
      return { head: what.text, icon: 'door', tone: 'wait' };
    case 'said':
      return { head: what.text, icon: 'next' };
    case 'sent-back':
      return { head: what.text, icon: 'bang', tone: 'bad' };
    case 'waits':
      return { head: what.text, icon: 'next', tone: 'wait' };
    case 'user-said':
      return { head: `${words.you}: ${what.text}`, icon: 'pen', tone: 'live' };
    case 'helper':
      return {
        head: `${words.helper}: ${what.request}`,
        body: what.asks ? `${words.asks}: ${what.asks}` : what.is_over ? words.helperOver : undefined,
        icon: 'next',
        tone: what.asks ? 'wait' : undefined,
      };
    case 'steered':
      return { head: what.text, icon: 'next', tone: 'live' };
    case 'aside':
      return { head: `${words.askedAside}: ${what.question}`, body: what.answer, icon: 'pen' };
    case 'plan':
      return { head: words.planMood[what.state], body: what.plan.goal, icon: 'file' };
    case 'question':
      return {
        head: `${words.asks}: ${what.ask.text}`,
        body: what.answer === null ? undefined : words.youAnswered(chosen(what.ask, what.answer)),
        icon: 'pen',
        tone: what.answer === null ? 'wait' : undefined,
      };
    case 'step':
      return { head: what.text, icon: 'next', tone: 'live' };
    case 'check': {
      const passed = what.result?.passed;
      const state = passed === undefined ? 'running' : passed ? 'passed' : 'failed';
      return {
        head: `${words.checked}: ${what.text}`,
        body: words.checkState[state],
        icon: passed === false ? 'bang' : 'check',
        tone: passed === undefined ? undefined : passed ? 'good' : 'bad',
        lines: what.result?.evidence,
      };
    }
    case 'summary':
    case 'changes':
    case 'applied':
      return { head: what.text, icon: what.kind === 'summary' ? 'file' : 'check' };
    case 'rested':
      return { head: words.status[what.rest], body: what.why, icon: 'check' };
    case 'call':
    case 'speaking':
    case 'progress':
    case 'output':
      return null;
  }
}

function chosen(ask: { choices: { key: string; label: string }[] }, answer: string): string {
  return ask.choices.find((choice) => choice.key === answer)?.label ?? answer;
}

export function StoryItem({ item }: { item: Item }) {
  const words = useWords();
  const told = tell(item.what, words);
  if (!told) return null;
  return (
    <Line icon={told.icon} tone={told.tone} isStep={item.what.kind === 'step'}>
      <p dir="auto" className="pre">
        {told.head}
      </p>
      {told.body && (
        <p dir="auto" className="faint pre">
          {told.body}
        </p>
      )}
      {told.lines && told.lines.length > 0 && (
        <details className="small">
          <summary className="faint">{words.evidence}</summary>
          <ul className="detail-list">
            {told.lines.map((line, index) => (
              <li key={index} dir="auto">
                {line}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Line>
  );
}

const CALLS_SHOWN = 200;

/** Calls that follow each other, as one line until somebody asks. */
export function CallGroup({ calls, wanted }: { calls: CallItem[]; wanted: string | null }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(wanted !== null);
  const failed = calls.filter((it) => it.what.outcome !== null && it.what.outcome !== 'done');
  const first = calls[0];
  const last = calls.at(-1);
  if (!first || !last) return null;
  const tools = [...new Set(calls.map((it) => it.what.tool.replaceAll('_', ' ')))];
  const time = last.at - first.at;
  return (
    <Line icon="gear">
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="faint">
          <span className="num">{words.calls(calls.length)}</span>
          {': '}
          {tools.slice(0, 3).join(', ')}
          {tools.length > 3 && ' …'}
          {time > 1500 && ` · ${duration(time)}`}
          {failed.length > 0 && <span className="bad"> · {words.failedCalls(failed.length)}</span>}
        </summary>
        {isOpen && (
          <ul className="call-list small">
            {around(calls, wanted).map((it) => (
              <Call key={it.key} what={it.what} words={words} isWanted={it.key === wanted} />
            ))}
          </ul>
        )}
      </details>
    </Line>
  );
}

/** The last ones, or those around the one that is asked for. */
function around(calls: CallItem[], wanted: string | null): CallItem[] {
  const at = calls.findIndex((it) => it.key === wanted);
  if (at < 0) return calls.slice(-CALLS_SHOWN);
  const from = Math.max(0, at - CALLS_SHOWN / 2);
  return calls.slice(from, from + CALLS_SHOWN);
}

type CallProps = { what: CallItem['what']; words: Words; isWanted: boolean };

function Call({ what, words, isWanted }: CallProps) {
  const isBad = what.outcome !== null && what.outcome !== 'done';
  return (
    <li className="call" data-wanted={isWanted || undefined}>
      <span className="strong">{what.tool.replaceAll('_', ' ')}</span>{' '}
      <bdi className="mono">{what.subject}</bdi>
      {isBad && what.outcome && <span className="bad"> {words.outcome[what.outcome]}</span>}
      {what.note && (
        <span className="faint" dir="auto">
          {' '}
          {what.note}
        </span>
      )}
    </li>
  );
}

type LineProps = { icon: IconName; tone?: Tone; isStep?: boolean; children: ReactNode };

function Line({ icon, tone, isStep, children }: LineProps) {
  return (
    <div className="story-line" data-tone={tone} data-step={isStep || undefined}>
      <Icon name={icon} />
      <div className="grow">{children}</div>
    </div>
  );
}
