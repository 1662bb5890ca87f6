import { PreviewCard } from '@base-ui/react/preview-card';
import { X } from 'lucide-react';
import { useEffect } from 'react';
import { say } from '../../texts/say.ts';
import { Button } from './Button.tsx';
import { laneIdentity, LaneMarker } from './laneIdentity.tsx';
import popup from './Popup.module.css';
import { Thumbnail } from './Thumbnail.tsx';
import { percent, retrievalWord, scoreWords } from './words.ts';
import style from './MemoryCard.module.css';
import {
  useMemoryChoice,
  type CandidateFacts,
  type LaneFacts,
  type MemoryFacts,
  exact,
  scoreFormula,
} from './MemoryThumb.tsx';

/** A line of the card: what it tells, and the same of each lane. */
interface Row {
  readonly head: string;
  readonly cells: readonly string[];
}

type Candidate = Extract<LaneFacts, { kind: 'candidate' }>;
type Incoming = Extract<LaneFacts, { kind: 'incoming' }>;
type Decoded = Extract<LaneFacts, { kind: 'decoded' }>;

const yesNo = (yes: boolean) => (yes ? say('memory.yes') : say('memory.no'));

function candidateRows(lanes: readonly Candidate[]): Row[] {
  const row = (head: string, cell: (facts: CandidateFacts) => string): Row => ({
    head,
    cells: lanes.map(({ facts }) => cell(facts)),
  });
  return [
    row(say('memory.lossBefore'), ({ loss }) => exact(loss)),
    row(say('memory.lossAfterVirtual'), ({ virtualLoss }) => exact(virtualLoss)),
    row(say('memory.bestLoss'), ({ bestLoss }) => exact(bestLoss)),
    row(say('memory.score', { rule: scoreWords[lanes[0].facts.rule] }), ({ score }) => exact(score)),
    row(say('memory.rank'), ({ rank, of }) => say('memory.rankOf', { rank, of })),
    row(say('memory.mirTakesIt'), ({ mir }) => yesNo(mir)),
    row(say('memory.randomDrewIt'), ({ random }) => yesNo(random)),
    row(say('memory.replayed'), ({ mir, random, used }) => yesNo(used === 'mir' ? mir : random)),
    row(say('memory.lossAfterReal'), ({ after }) => (after === null ? '–' : exact(after))),
  ];
}

function incomingRows(lanes: readonly Incoming[]): Row[] {
  return [
    { head: say('memory.lossBefore'), cells: lanes.map(({ before }) => exact(before)) },
    {
      head: say('memory.lossAfterVirtual'),
      cells: lanes.map(({ virtual }) => (virtual === null ? '–' : exact(virtual))),
    },
    { head: say('memory.lossAfterReal'), cells: lanes.map(({ after }) => exact(after)) },
  ];
}

function decodedRows(lanes: readonly Decoded[]): Row[] {
  const row = (head: string, cell: (facts: Decoded) => string): Row => ({ head, cells: lanes.map(cell) });
  return [
    row(say('memory.lossBefore'), ({ sample }) => exact(sample.lossBefore)),
    row(say('memory.lossAfterVirtual'), ({ sample }) => exact(sample.lossAfter)),
    row(say('memory.interference'), ({ sample }) => exact(sample.lossAfter - sample.lossBefore)),
    row(say('memory.replayed'), ({ rule, used }) => yesNo(rule === used)),
  ];
}

/** What kind of image it is, and why it was taken, as a sentence. */
function sentence({ told }: MemoryFacts): string {
  switch (told.kind) {
    case 'candidate': {
      const { facts } = told;
      const worse = facts.virtualLoss > facts.loss ? say('memory.worse') : say('memory.onceBetter');
      const why = facts.mir
        ? say('memory.why.mir', { worse })
        : facts.random
          ? say('memory.why.random')
          : say('memory.why.neither');
      return say('memory.withScore', { why, formula: scoreFormula(facts) });
    }
    case 'incoming':
      return say('memory.incoming');
    case 'decoded':
      return told.sample.confidence === null
        ? say('memory.storedLatent', { rule: retrievalWord(told.rule) })
        : say('memory.madeUpBy', { confidence: percent(told.sample.confidence, 0) });
    default:
      return told satisfies never;
  }
}

/** The rows of the kind that is told of, and the lanes that have them. */
function table({ lanes, told }: MemoryFacts): { readonly lanes: readonly LaneFacts[]; readonly rows: Row[] } {
  switch (told.kind) {
    case 'candidate': {
      const same = lanes.filter((lane) => lane.kind === 'candidate');
      return { lanes: same, rows: candidateRows(same) };
    }
    case 'incoming': {
      const same = lanes.filter((lane) => lane.kind === 'incoming');
      return { lanes: same, rows: incomingRows(same) };
    }
    case 'decoded': {
      const same = lanes.filter((lane) => lane.kind === 'decoded');
      return { lanes: same, rows: decodedRows(same) };
    }
    default:
      return told satisfies never;
  }
}

function Facts({ facts, onClose }: { readonly facts: MemoryFacts; readonly onClose: (() => void) | null }) {
  const { lanes, rows } = table(facts);
  return (
    <>
      <div className={style.head}>
        <Thumbnail pixels={facts.pixels} index={facts.index} shape={facts.shape} className={style.image} />
        <div>
          <h2 className={style.title}>{say('memory.whyThis', { name: facts.name })}</h2>
          <p className={style.from}>
            {facts.task === null
              ? say('memory.madeUp', { step: facts.told.step })
              : say('memory.ofTask', { task: facts.task, step: facts.told.step })}
          </p>
        </div>
        {onClose !== null && (
          <Button tone="plain" small icon={<X />} aria-label={say('memory.close')} onClick={onClose} />
        )}
      </div>
      <p>{sentence(facts)}</p>
      <table className={style.table}>
        <thead>
          <tr>
            <td />
            {lanes.map(({ lane, method }) => {
              const { letter, marker, color } = laneIdentity(lane);
              return (
                <th key={lane} scope="col">
                  <LaneMarker shape={marker} color={color} /> {letter} <span className={style.method}>{method}</span>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ head, cells }) => (
            <tr key={head}>
              <th scope="row">{head}</th>
              {cells.map((cell, index) => (
                <td key={index} data-told={lanes[index] === facts.told}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The card of the image that is pointed at or chosen, beside it; Escape closes it. */
export function MemoryCard() {
  const chosen = useMemoryChoice((state) => state.chosen);
  const { close } = useMemoryChoice.getState();
  const open = chosen !== null;
  useEffect(() => {
    if (!open) return undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      // Nothing else is closed by the same key.
      event.preventDefault();
      close();
    };
    addEventListener('keydown', onKeyDown, true);
    return () => removeEventListener('keydown', onKeyDown, true);
  }, [open, close]);
  return (
    <PreviewCard.Root
      open={open}
      onOpenChange={(next, { event }) => {
        // A thumbnail does what is to be done itself.
        const onThumbnail = event.target instanceof Element && event.target.closest('[data-lit]') !== null;
        if (!next && !onThumbnail) close();
      }}
    >
      <PreviewCard.Portal>
        <PreviewCard.Positioner
          anchor={chosen?.anchor ?? null}
          side="bottom"
          sideOffset={10}
          collisionPadding={8}
          className={popup.positioner}
        >
          <PreviewCard.Popup
            render={<section />}
            role="region"
            aria-label={say('memory.whyThisMemory')}
            className={`${popup.popup} ${style.card}`}
            data-pinned={chosen?.pinned ?? false}
          >
            {chosen !== null && <Facts facts={chosen.facts} onClose={chosen.pinned ? close : null} />}
          </PreviewCard.Popup>
        </PreviewCard.Positioner>
      </PreviewCard.Portal>
    </PreviewCard.Root>
  );
}
