import { useLab } from '../LabContext.ts';
import { ReadingProgress } from './ReadingProgress.tsx';

/** How far the viewer's own files have been read, while they are. */
export function OpeningProgress() {
  const opening = useLab((state) => state.opening);
  return opening === null ? null : <ReadingProgress progress={opening} />;
}
