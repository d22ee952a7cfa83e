// A long list of which only what is seen is in the page.
import { useVirtualizer, useWindowVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';

/** Fewer are shown as they are: a list that is whole can be searched and read aloud. */
const WHOLE_MAX = 150;

type Props = {
  count: number;
  label: string;
  estimate: number;
  keyOf: (index: number) => string;
  row: (index: number) => ReactNode;
  className?: string;
  /** The row to bring into view; -1 for none. */
  reveal?: number;
};

export function ManyInPage(props: Props) {
  return props.count <= WHOLE_MAX ? <Whole {...props} /> : <InPage {...props} />;
}

export function ManyInBox(props: Props) {
  return props.count <= WHOLE_MAX ? (
    <div className="box">
      <Whole {...props} />
    </div>
  ) : (
    <InBox {...props} />
  );
}

function Whole({ count, label, keyOf, row, className, reveal = -1 }: Props) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (reveal >= 0) list.current?.children[reveal]?.scrollIntoView({ block: 'center' });
  }, [reveal]);
  return (
    <ul aria-label={label} className={className} ref={list}>
      {Array.from({ length: count }, (_, index) => (
        <li key={keyOf(index)}>{row(index)}</li>
      ))}
    </ul>
  );
}

function InPage(props: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const place = () => {
      const top = list.current?.getBoundingClientRect().top ?? 0;
      setMargin(Math.round(top + window.scrollY));
    };
    place();
    // What is above may come later, or go.
    const watch = new ResizeObserver(place);
    watch.observe(document.body);
    return () => watch.disconnect();
  }, []);
  const virtual = useWindowVirtualizer({
    count: props.count,
    estimateSize: () => props.estimate,
    getItemKey: props.keyOf,
    overscan: 12,
    scrollMargin: margin,
  });
  const { reveal = -1 } = props;
  useEffect(() => {
    if (reveal >= 0) virtual.scrollToIndex(reveal, { align: 'center' });
  }, [reveal, virtual]);
  return (
    <div ref={list}>
      <Part {...props} virtual={virtual} margin={margin} />
    </div>
  );
}

function InBox(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: props.count,
    getScrollElement: () => box.current,
    estimateSize: () => props.estimate,
    getItemKey: props.keyOf,
    overscan: 12,
  });
  return (
    <div className="box" ref={box} tabIndex={0} role="group" aria-label={props.label}>
      <Part {...props} virtual={virtual} margin={0} />
    </div>
  );
}

type PartProps = Props & {
  virtual: Virtualizer<Window, Element> | Virtualizer<HTMLDivElement, Element>;
  margin: number;
};

function Part({ virtual, margin, label, row, count, className }: PartProps) {
  return (
    <ul
      aria-label={label}
      className={className}
      style={{ height: virtual.getTotalSize(), position: 'relative' }}
    >
      {virtual.getVirtualItems().map((it) => (
        <li
          key={it.key}
          data-index={it.index}
          ref={virtual.measureElement}
          aria-setsize={count}
          aria-posinset={it.index + 1}
          style={{
            position: 'absolute',
            insetInline: 0,
            contain: 'layout style',
            transform: `translateY(${it.start - margin}px)`,
          }}
        >
          <Row index={it.index} row={row} />
        </li>
      ))}
    </ul>
  );
}

/** While a list is scrolled its rows stay as they are: only their list is drawn again. */
const Row = memo(function Row({ index, row }: Pick<Props, 'row'> & { index: number }) {
  return row(index);
});
