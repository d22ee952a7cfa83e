// Tells words of code apart, beside the page: what it is given may be made to take for ever.
import { common, createLowlight } from 'lowlight';
import type { CodeAnswer, CodeAsked, CodeKind, Run } from './code';

const lowlight = createLowlight(common);

const KINDS: Record<string, CodeKind> = {
  keyword: 'word',
  built_in: 'word',
  literal: 'word',
  type: 'name',
  title: 'name',
  attr: 'name',
  attribute: 'name',
  property: 'name',
  'selector-class': 'name',
  name: 'word',
  tag: 'word',
  section: 'name',
  string: 'text',
  regexp: 'text',
  char: 'text',
  number: 'text',
  symbol: 'text',
  comment: 'note',
  quote: 'note',
  meta: 'note',
};

type Node = ReturnType<typeof lowlight.highlight>['children'][number];

/** The innermost kind counts; a piece over several lines is cut at each. */
function runsOf(nodes: readonly Node[], kind: CodeKind | null, lines: Run[][]): Run[][] {
  for (const node of nodes) {
    if (node.type === 'text') {
      node.value.split('\n').forEach((text, index) => {
        if (index > 0) lines.push([]);
        if (text) lines.at(-1)?.push([kind, text]);
      });
    } else if (node.type === 'element') {
      const names = Array.isArray(node.properties.className) ? node.properties.className : [];
      const name = String(names[0] ?? '').replace('hljs-', '');
      runsOf(node.children as Node[], KINDS[name] ?? kind, lines);
    }
  }
  return lines;
}

addEventListener('message', ({ data }: MessageEvent<CodeAsked>) => {
  const lines = data.texts.map((text) =>
    runsOf(lowlight.highlight(data.language, text).children, null, [[]]),
  );
  const answer: CodeAnswer = { lines };
  postMessage(answer);
});

postMessage('ready');
