// A terminal in the machine of a task, in a window of its own: the only page whose policy lets a
// part of it, the emulator, write styles.
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef, useState } from 'react';
import { errorOf, get } from '../api/call';
import type { TerminalEnd, TerminalSize, UserError } from '../api/types';
import { taskAddress } from '../route';
import { Problem, Said } from '../ui/told';
import { useWords } from '../words';

type State = { is: 'opening' } | { is: 'open' } | { is: 'over'; why: string } | { is: 'failed'; error: UserError };

/** A handshake that fails says nothing; the same request without one says why. */
async function reason(path: string): Promise<UserError> {
  try {
    await get(path);
  } catch (thrown) {
    return errorOf(thrown);
  }
  return { kind: 'unavailable', code: 'terminal-closed', what: 'The terminal was closed' };
}

type Attended = { task: string; box: HTMLElement; told: (state: State) => void; leave: () => void };

function attend({ task, box, told, leave }: Attended): () => void {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    box.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const terminal = new Terminal({
    fontFamily: style.getPropertyValue('--mono'),
    fontSize: 14,
    cursorBlink: false,
    screenReaderMode: true,
    theme: { background: colour('--sunk'), foreground: colour('--ink'), cursor: colour('--key'), selectionBackground: colour('--edge') },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(box);
  fit.fit();
  // Tab is the machine's. Another key has to lead out again, or who has no mouse is caught here.
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.key !== 'F6' || !event.shiftKey) return true;
    event.preventDefault();
    if (event.type === 'keydown') leave();
    return false;
  });
  const path = `/v1/tasks/${task}/terminal?columns=${terminal.cols}&rows=${terminal.rows}`;
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}`);
  socket.binaryType = 'arraybuffer';
  let [wasOpen, isOver] = [false, false];
  socket.onopen = () => {
    wasOpen = true;
    told({ is: 'open' });
    terminal.focus();
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data !== 'string') return terminal.write(new Uint8Array(data));
    const end = JSON.parse(data) as TerminalEnd;
    isOver = true;
    told({ is: 'over', why: end.why });
  };
  socket.onclose = () => {
    if (isOver) return;
    if (wasOpen) told({ is: 'over', why: '' });
    else void reason(path).then((error) => told({ is: 'failed', error }));
  };
  const encoder = new TextEncoder();
  terminal.onData((text) => socket.readyState === WebSocket.OPEN && socket.send(encoder.encode(text)));
  terminal.onResize(({ cols, rows }) => {
    const size: TerminalSize = { columns: cols, rows };
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(size));
  });
  const watch = new ResizeObserver(() => fit.fit());
  watch.observe(box);
  return () => {
    isOver = true;
    watch.disconnect();
    socket.close();
    terminal.dispose();
  };
}

export default function TerminalPage({ task }: { task: string }) {
  const words = useWords();
  const box = useRef<HTMLDivElement>(null);
  const way = useRef<HTMLAnchorElement>(null);
  const [state, setState] = useState<State>({ is: 'opening' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    document.title = `${words.viewer.terminal.title} ${task} · Legwork`;
  }, [words, task]);
  useEffect(() => {
    if (!box.current) return;
    setState({ is: 'opening' });
    const leave = () => way.current?.focus();
    return attend({ task, box: box.current, told: setState, leave });
  }, [task, round]);
  return (
    <main className="terminal-page">
      <h1 className="terminal-title">
        {words.viewer.terminal.title} <span className="faint">{task}</span>
      </h1>
      <a ref={way} className="as-link" href={taskAddress(task)}>
        {words.viewer.terminal.toTask}
      </a>
      <p className="faint small" role="status">
        {state.is === 'opening' && words.connecting}
        {state.is === 'open' && words.viewer.terminal.hint}
        {state.is === 'over' && (state.why ? <Said text={state.why} /> : words.viewer.terminal.over)}
      </p>
      {state.is === 'failed' && <Problem error={state.error} />}
      <div ref={box} className="terminal-box" />
      {(state.is === 'over' || state.is === 'failed') && (
        <button type="button" className="as-link" onClick={() => setRound(round + 1)}>
          {words.viewer.terminal.again}
        </button>
      )}
    </main>
  );
}
