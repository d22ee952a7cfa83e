// The time, for what is shown to go on by itself.
import { useEffect, useState } from 'react';

const SECOND_MS = 1000;

/** Now, to the second; where nothing goes on, as it was. */
export function useNow(isGoing: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isGoing) return;
    const timer = setInterval(() => document.hidden || setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [isGoing]);
  return now;
}
