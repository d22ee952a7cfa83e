// A link as a picture for a camera: dark on light, whatever the look of the page.
const MARGIN = 4;

export function QrCode({ rows, label }: { rows: string[]; label: string }) {
  const side = rows.length + 2 * MARGIN;
  const fields = rows.flatMap((row, y) =>
    [...row].flatMap((it, x) => (it === '1' ? [`M${x + MARGIN} ${y + MARGIN}h1v1h-1z`] : [])),
  );
  return (
    <svg className="qr-code" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      <rect width={side} height={side} />
      <path d={fields.join('')} shapeRendering="crispEdges" />
    </svg>
  );
}
