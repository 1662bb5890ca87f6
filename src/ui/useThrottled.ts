import { startTransition, useEffect, useRef, useState } from 'react';

/** The value as it was at most `milliseconds` ago: for what is too dear to draw at every change. */
export function useThrottled<T>(value: T, milliseconds: number): T {
  const [shown, setShown] = useState(value);
  const shownAt = useRef(0);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        shownAt.current = performance.now();
        startTransition(() => setShown(value));
      },
      Math.max(0, shownAt.current + milliseconds - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return shown;
}
