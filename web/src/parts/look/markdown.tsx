// Markdown of a hostile writer, as elements made here: no HTML of its own, nothing loaded, and a
// link is told with where it leads, not followed.
import { Fragment, type ReactNode } from 'react';

const BLOCKS_MAX = 5000;

type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'list'; isOrdered: boolean; entries: string[] }
  | { kind: 'quote'; text: string }
  | { kind: 'table'; rows: string[][] }
  | { kind: 'rule' }
  | { kind: 'text'; text: string };

const ENTRY = /^\s{0,8}(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const FENCE = /^\s{0,3}(```+|~~~+)/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

const cellsOf = (line: string) =>
  line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => cell.trim());

export function blocksOf(source: string): Block[] {
  const lines = source.split(/\r?\n/);
  const blocks: Block[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) blocks.push({ kind: 'text', text: open.join('\n') });
    open = [];
  };
  const take = (index: number, while_: (line: string) => boolean) => {
    let end = index;
    while (end < lines.length && while_(lines[end] ?? '')) end += 1;
    return end;
  };
  for (let index = 0; index < lines.length && blocks.length < BLOCKS_MAX; index += 1) {
    const line = lines[index] ?? '';
    const heading = HEADING.exec(line);
    const fence = FENCE.exec(line);
    if (fence) {
      close();
      const mark = fence[1] ?? '```';
      const end = take(index + 1, (it) => !it.trimStart().startsWith(mark));
      blocks.push({ kind: 'code', text: lines.slice(index + 1, end).join('\n') });
      index = end;
    } else if (heading) {
      close();
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
    } else if (RULE.test(line)) {
      close();
      blocks.push({ kind: 'rule' });
    } else if (/^\s{0,3}>/.test(line)) {
      close();
      const end = take(index, (it) => /^\s{0,3}>/.test(it));
      const text = lines.slice(index, end).map((it) => it.replace(/^\s{0,3}>\s?/, ''));
      blocks.push({ kind: 'quote', text: text.join('\n') });
      index = end - 1;
    } else if (line.includes('|') && TABLE_RULE.test(lines[index + 1] ?? '') && (lines[index + 1] ?? '').includes('-')) {
      close();
      const end = take(index + 2, (it) => it.includes('|'));
      blocks.push({ kind: 'table', rows: [line, ...lines.slice(index + 2, end)].map(cellsOf) });
      index = end - 1;
    } else if (ENTRY.test(line)) {
      close();
      const end = take(index, (it) => ENTRY.test(it) || /^\s{2,}\S/.test(it));
      const entries: string[] = [];
      for (const it of lines.slice(index, end)) {
        const entry = ENTRY.exec(it);
        if (entry) entries.push(entry[3] ?? '');
        else entries.push(`${entries.pop() ?? ''}\n${it.trim()}`);
      }
      blocks.push({ kind: 'list', isOrdered: /^\s*\d/.test(line), entries });
      index = end - 1;
    } else if (line.trim() === '') {
      close();
    } else {
      open.push(line);
    }
  }
  close();
  return blocks;
}

// Each alternative begins with its own mark and is bounded, so that no text is slow to look through.
const INLINE =
  /(`[^`\n]{1,500}`)|(\*\*[^*\n]{1,500}\*\*|__[^_\n]{1,500}__)|(\*[^*\s][^*\n]{0,500}\*)|(!?\[[^\]\n]{0,500}\]\([^)\s]{0,2000}\))/g;

function inline(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, code, strong, weak] = match;
    if (code) parts.push(<code>{code.slice(1, -1)}</code>);
    else if (strong) parts.push(<strong>{strong.slice(2, -2)}</strong>);
    else if (weak) parts.push(<em>{weak.slice(1, -1)}</em>);
    else {
      const cut = whole.lastIndexOf('](');
      const label = whole.slice(whole.indexOf('[') + 1, cut);
      const to = whole.slice(cut + 2, -1);
      parts.push(
        <span className="told-link">
          {label || to} {label !== to && label && <span className="faint small">({to})</span>}
        </span>,
      );
    }
  }
  parts.push(text.slice(end));
  return parts;
}

function Inline({ text }: { text: string }) {
  return inline(text).map((part, index) => <Fragment key={index}>{part}</Fragment>);
}

export function Markdown({ source, label }: { source: string; label: string }) {
  return (
    <article className="paper" aria-label={label}>
      {blocksOf(source).map((block, index) => (
        <Shown key={index} block={block} />
      ))}
    </article>
  );
}

function Shown({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return (
        <p className="paper-heading" role="heading" aria-level={Math.min(6, block.level + 2)} data-level={block.level} dir="auto">
          <Inline text={block.text} />
        </p>
      );
    case 'code':
      return <pre className="output" dir="ltr" tabIndex={0}>{block.text}</pre>;
    case 'list': {
      const entries = block.entries.map((entry, index) => (
        <li key={index} dir="auto">
          <Inline text={entry} />
        </li>
      ));
      return block.isOrdered ? <ol className="marks">{entries}</ol> : <ul className="marks">{entries}</ul>;
    }
    case 'quote':
      return (
        <blockquote className="pre" dir="auto">
          <Inline text={block.text} />
        </blockquote>
      );
    case 'table':
      return (
        <div className="table-box" tabIndex={0} role="group">
          <table className="cells">
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column} dir="auto">
                      <Inline text={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case 'rule':
      return <hr />;
    case 'text':
      return (
        <p dir="auto">
          <Inline text={block.text} />
        </p>
      );
  }
}
