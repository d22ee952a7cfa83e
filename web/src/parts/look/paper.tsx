// A document as a readable page, or its own pages as pictures.
import { useState } from 'react';
import { tasks } from '../../api/tasks';
import type { BlockView, FileSide, PaperView } from '../../api/types';
import { ManyInPage } from '../../ui/many';
import { useWords } from '../../words';

type Props = {
  task: string;
  path: string;
  side: FileSide;
  paper: PaperView;
  /** Lines that the other version does not have. */
  isNew?: (line: string) => boolean;
};

export function Paper(props: Props) {
  const words = useWords();
  const { paper } = props;
  const [asText, setText] = useState(false);
  const hasText = paper.blocks.length > 0;
  const isDrawn = paper.pages > 0 && !(asText && hasText);
  return (
    <div className="stack">
      {paper.pages > 0 && hasText && (
        <div className="row wrap pieces" role="group" aria-label={words.asPage}>
          {[false, true].map((it) => (
            <button key={String(it)} type="button" className="piece" aria-pressed={it === asText} onClick={() => setText(it)}>
              {it ? words.viewer.asText : words.viewer.pages(paper.pages)}
            </button>
          ))}
        </div>
      )}
      {isDrawn ? <Drawn {...props} /> : <Written {...props} />}
      {paper.truncated && <p className="faint small">{words.truncated}</p>}
    </div>
  );
}

/** Each page is asked for when it comes near. */
function Drawn({ task, path, side, paper }: Props) {
  const words = useWords();
  const [broken, setBroken] = useState<ReadonlySet<number>>(new Set());
  return (
    <ol className="leaves">
      {Array.from({ length: paper.pages }, (_, index) => index + 1).map((number) => (
        <li key={number} className="leaf">
          {broken.has(number) ? (
            <p className="empty">{words.viewer.pageBroken}</p>
          ) : (
            <img
              loading="lazy"
              src={tasks.pageUrl(task, path, side, number)}
              alt={words.viewer.page(number, paper.pages)}
              onError={() => setBroken(new Set(broken).add(number))}
            />
          )}
        </li>
      ))}
    </ol>
  );
}

function Written({ paper, isNew, path }: Props) {
  const words = useWords();
  const facts = paper.facts.filter((it) => it.name !== 'producer');
  return (
    <article className="paper" aria-label={path}>
      {facts.length > 0 && (
        <dl className="paper-facts small">
          {facts.map((it, index) => (
            <div key={index}>
              <dt className="faint">{words.viewer.facts[it.name as 'author'] ?? it.name}</dt>
              <dd dir="auto">{it.value}</dd>
            </div>
          ))}
        </dl>
      )}
      <ManyInPage
        className="blocks"
        label={path}
        count={paper.blocks.length}
        estimate={28}
        keyOf={String}
        row={(index) => {
          const block = paper.blocks[index];
          return block ? <Block block={block} isNew={isNew} /> : null;
        }}
      />
      {paper.attachments.length > 0 && (
        <div className="small">
          <p className="faint">{words.viewer.attachments}</p>
          {paper.attachments.map((name, index) => (
            <p key={index} dir="auto">
              {name || '–'}
            </p>
          ))}
        </div>
      )}
    </article>
  );
}

type BlockProps = { block: BlockView; isNew?: (line: string) => boolean };

function Block({ block, isNew }: BlockProps) {
  switch (block.block) {
    case 'heading':
      return (
        <p className="paper-heading" role="heading" aria-level={Math.min(6, block.level + 2)} data-level={block.level} dir="auto" data-new={isNew?.(block.text) || undefined}>
          {block.text}
        </p>
      );
    case 'lines':
      return block.text === '' ? (
        <br />
      ) : (
        <p className="pre" dir="auto">
          {block.text.split('\n').map((line, index) => (
            <span key={index} data-new={isNew?.(line) || undefined}>
              {index > 0 && '\n'}
              {line}
            </span>
          ))}
        </p>
      );
    case 'entry':
      return (
        <p className="paper-entry" dir="auto" data-new={isNew?.(block.text) || undefined}>
          {block.text}
        </p>
      );
    case 'table':
      return (
        <div className="table-box" tabIndex={0} role="group">
          <table className="cells">
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={index}>
                  {row.map((cell, column) => (
                    <td key={column} dir="auto" className="pre">
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case 'break':
      return <hr />;
  }
}

export function linesOfPaper(paper: PaperView): string[] {
  return paper.blocks.flatMap((it) => ('text' in it ? it.text.split('\n') : []));
}
