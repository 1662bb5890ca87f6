import type { ReactNode } from 'react';
import type { LossBar } from './LossCells.tsx';
import style from './SlowMotion.module.css';

/** What a stage says; it is read out when the stage changes. */
export function StageText({ children }: { readonly children: ReactNode }) {
  return (
    <p className={style.text} aria-live="polite">
      {children}
    </p>
  );
}

/** From a value to the next. */
export function Arrow() {
  return (
    <>
      <span aria-hidden="true">→</span>
      <span className="hidden-text">to</span>
    </>
  );
}

/** Cells, which fill its width. */
export function CellFrame({
  title = null,
  children,
}: {
  readonly title?: string | null;
  readonly children: ReactNode;
}) {
  return (
    <div>
      {title !== null && <h3 className={style.cellsTitle}>{title}</h3>}
      <div className={style.frame}>{children}</div>
    </div>
  );
}

const barWords: Readonly<Record<LossBar['kind'], string>> = {
  before: 'loss now, l(θ)',
  copy: 'on the copy, l(θᵥ)',
  after: 'after the real step',
};

/** What the bars under an image are, in order. */
export function BarKey({ kinds }: { readonly kinds: readonly LossBar['kind'][] }) {
  return (
    <p className={style.key} aria-hidden="true">
      {kinds.map((kind) => (
        <span key={kind}>
          <i data-kind={kind} /> {barWords[kind]}
        </span>
      ))}
    </p>
  );
}
