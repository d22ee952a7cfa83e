// One thing that happened.
import { useState, type ReactNode } from 'react';
import type { Item, What } from '../api/types';
import type { Tone } from '../ui/told';
import { Icon, type IconName } from '../ui/icon';
import { nameOf } from '../ui/path';
import { duration, useWords, type Words } from '../words';
import { useSpoken, type Spoken } from '../words/planned';
import { asSaid } from '../words/said';
import { wayOf } from '../words/way';
import { Seen } from './seen';

export type CallItem = Item & { what: Extract<What, { kind: 'call' }> };

type Told = {
  head: string;
  body?: string;
  icon: IconName;
  tone?: Tone;
  lines?: string[];
  /** Folders, of which the name is enough at first. */
  folders?: string[];
};

function tell(what: What, words: Words, { planned, asked, summed }: Spoken): Told | null {
  switch (what.kind) {
    case 'created':
      return { head: words.begun, folders: what.folders, icon: 'folder' };
    case 'ready':
      return { head: words.ready(what.entries), icon: 'search' };
    case 'egress':
      return { head: asSaid(what.text), icon: 'door', tone: 'wait' };
    case 'said':
      return { head: what.text, icon: 'next' };
    case 'sent-back':
      return { head: asSaid(what.text), icon: 'bang', tone: 'bad' };
    case 'waits':
      return { head: asSaid(what.text), icon: 'next', tone: 'wait' };
    case 'user-said':
      return { head: `${words.you}: ${what.text}`, icon: 'pen', tone: 'live' };
    case 'helper':
      return {
        head: `${words.helper}: ${what.request}`,
        body: what.asks ? `${words.asks}: ${asked(what.asks)}` : what.is_over ? words.helperOver : undefined,
        icon: 'next',
        tone: what.asks ? 'wait' : undefined,
      };
    case 'steered':
      return { head: asSaid(what.text), icon: 'next', tone: 'live' };
    case 'aside':
      return { head: `${words.askedAside}: ${what.question}`, body: what.answer, icon: 'pen' };
    case 'plan':
      return { head: words.planMood[what.state], body: planned(what.plan.goal), icon: 'file' };
    case 'question':
      return {
        head: `${words.asks}: ${asked(what.ask.text)}`,
        body: what.answer === null ? undefined : words.youAnswered(chosen(what.ask, what.answer, asked)),
        icon: 'pen',
        tone: what.answer === null ? 'wait' : undefined,
      };
    case 'step':
      return { head: planned(what.text), icon: 'next', tone: 'live' };
    case 'check': {
      const passed = what.result?.passed;
      const state = passed === undefined ? 'running' : passed ? 'passed' : 'failed';
      return {
        head: `${words.checked}: ${planned(what.text)}`,
        body: words.checkState[state],
        icon: passed === false ? 'bang' : 'check',
        tone: passed === undefined ? undefined : passed ? 'good' : 'bad',
        lines: what.result?.evidence.map(asSaid),
      };
    }
    case 'summary':
      return { head: summed(what.text), icon: 'file' };
    case 'changes':
    case 'applied':
      return { head: asSaid(what.text), icon: 'check' };
    case 'rested':
      return { head: words.status[what.rest], body: asSaid(what.why), icon: 'check' };
    case 'call':
    case 'speaking':
    case 'progress':
    case 'output':
      return null;
  }
}

const toolText = (tool: string, words: Words) => {
  const plain = tool.replaceAll('_', ' ');
  return words.nowSaid.tools[plain] ?? plain;
};

type Choices = { choices: { key: string; label: string }[] };

function chosen(ask: Choices, answer: string, asked: Spoken['asked']): string {
  const label = ask.choices.find((choice) => choice.key === answer)?.label;
  return label === undefined ? answer : asked(label);
}

export function StoryItem({ item }: { item: Item }) {
  const words = useWords();
  const told = tell(item.what, words, useSpoken());
  if (!told) return null;
  return (
    <Line icon={told.icon} tone={told.tone} isStep={item.what.kind === 'step'}>
      <p dir={wayOf(told.head)} className="pre">
        {told.head}
      </p>
      {told.body && (
        <p dir={wayOf(told.body)} className="faint pre">
          {told.body}
        </p>
      )}
      {told.folders && (
        <p className="faint">
          {told.folders.map((folder, index) => (
            <span key={folder} title={folder}>
              {index > 0 && ', '}
              <bdi>{nameOf(folder)}</bdi>
            </span>
          ))}
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
/** The tool by which the mind sees. */
const LOOK = 'look';

type GroupProps = { task: string; calls: CallItem[]; wanted: string | null };

/** Calls that follow each other, as one line until somebody asks. */
export function CallGroup({ task, calls, wanted }: GroupProps) {
  const words = useWords();
  const [isOpen, setOpen] = useState(wanted !== null);
  const failed = calls.filter((it) => it.what.outcome !== null && it.what.outcome !== 'done');
  const first = calls[0];
  const last = calls.at(-1);
  if (!first || !last) return null;
  const tools = [...new Set(calls.map((it) => toolText(it.what.tool, words)))];
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
              <Call key={it.key} task={task} what={it.what} words={words} isWanted={it.key === wanted} />
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

type CallProps = { task: string; what: CallItem['what']; words: Words; isWanted: boolean };

function Call({ task, what, words, isWanted }: CallProps) {
  const [isOpen, setOpen] = useState(false);
  const isBad = what.outcome !== null && what.outcome !== 'done';
  return (
    <li className="call" data-wanted={isWanted || undefined}>
      <span className="strong">{toolText(what.tool, words)}</span>{' '}
      <bdi className="mono">{what.subject}</bdi>
      {isBad && what.outcome && <span className="bad"> {words.outcome[what.outcome]}</span>}
      {what.note && (
        <span className="faint" dir="auto">
          {' '}
          {asSaid(what.note)}
        </span>
      )}
      {what.tool === LOOK && what.outcome === 'done' && (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary className="faint">{words.asSeen}</summary>
          {isOpen && <Seen task={task} picture={{ path: what.subject, call: what.call }} />}
        </details>
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
