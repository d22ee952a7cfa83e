// What a model that was tested answered.
import type { ModelTested } from '../../api/types';
import { duration, useWords } from '../../words';

export function Answered({ tested }: { tested: ModelTested }) {
  const words = useWords();
  const cost =
    tested.cost_usd_micros === null
      ? words.set.costUnknown
      : `$${(tested.cost_usd_micros / 1_000_000).toFixed(6)}`;
  return (
    <p className="small good" dir="auto">
      ✓ {words.set.tested(tested.name, tested.said, duration(tested.took_ms), cost)}
    </p>
  );
}
