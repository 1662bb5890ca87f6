import type { LaneState } from '../../state/labState.ts';
import { nats, percent } from '../numberFormat.ts';
import style from './LaneCard.module.css';

/** What a lane has come to at its latest evaluation. */
export function LaneNumbers({ lane }: { readonly lane: LaneState }) {
  const latest = lane.evaluations.at(-1);
  const elbo = latest?.elbo ?? null;
  return (
    <dl className={style.numbers}>
      <BigNumber name="accuracy" text={percent(latest?.averageAccuracy)} unit="%" />
      <BigNumber name="forgetting" text={percent(latest?.averageForgetting)} unit="%" />
      {elbo !== null && <BigNumber name="−ELBO, nats" text={nats(elbo.total)} unit="" />}
      {lane.replacedLatents > 0 && (
        <BigNumber
          name={lane.replacedLatents === 1 ? 'latent replaced' : 'latents replaced'}
          text={lane.replacedLatents.toLocaleString('en')}
          unit=""
          title="Latents that left the numbers a computer can hold on their ascent; each was replaced by a random draw."
          small
        />
      )}
    </dl>
  );
}

function BigNumber({
  name,
  text,
  unit,
  title,
  small = false,
}: {
  readonly name: string;
  readonly text: string;
  readonly unit: string;
  readonly title?: string;
  readonly small?: boolean;
}) {
  return (
    <div title={title} data-small={small}>
      <dt>{name}</dt>
      <dd>
        {text}
        {unit !== '' && text !== '–' && <small>{unit}</small>}
      </dd>
    </div>
  );
}
