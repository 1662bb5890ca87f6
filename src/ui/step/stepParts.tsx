import katex from 'katex';
import { memo, type ReactNode } from 'react';
import type { Retrieval, ScoreName, Settings } from '../../core/config.ts';
import type { LaneTrace } from '../../state/labState.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { plainLoss } from '../parts/words.ts';
import pathStyle from './LatentPath.module.css';
import style from './StepPanel.module.css';

/** What the parts of one lane's step are drawn from. */
export interface StepView {
  /** The latest traced step; null before the first. */
  readonly trace: LaneTrace | null;
  /** In force from the next step on; null if the lane replays nothing. */
  readonly retrieval: Retrieval | null;
  readonly task: number;
  readonly settings: Settings;
  readonly shape: readonly [number, number, number] | null;
  /** What the images are called. */
  readonly images: 'digits' | 'images';
}

/** Algorithm 1 of the paper (section 3.1), line by line. The virtual step is every method's that has one. */
export const virtualStepTex = String.raw`\theta_v = \theta - \alpha\,\nabla L(\theta;\,\text{incoming})`;

export const scoreTex: Readonly<Record<ScoreName, string>> = {
  mi1: String.raw`s_{\text{MI-1}} = l(\theta_v) - l(\theta)`,
  mi2: String.raw`s_{\text{MI-2}} = l(\theta_v) - \min\bigl(l(\theta),\,l^{*}\bigr)`,
};

export const realStepTex = String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \nabla L_{\text{mem}})`;

/** The update of a method that replays nothing, or where there is nothing to replay yet. */
export const plainStepTex = String.raw`\theta \leftarrow \theta - \alpha\,\nabla L_{\text{in}}`;

/** What latents climb for the classifier's replay (section 3.2): interference, and certainty of the answers before this task; diversity and shell are left out here. */
export const classifierAscentTex = String.raw`\max_z\ \mathrm{KL}(f_v\,\|\,f_{\text{old}}) - H(f_{\text{old}})`;

/** What latents climb for the generator's replay (section 3.2). */
export const generatorAscentTex = String.raw`\max_z\ \mathrm{ELBO}_{\text{old}}(x) - \mathrm{ELBO}_v(x)`;

/** What latents climb in hybrid replay (Algorithm 3). */
export const hybridAscentTex = String.raw`\max_z\ \mathrm{KL}(f_v\,\|\,f_{\text{old}}) - H(f_v) - H(f_{\text{old}})`;

/** The update of both networks of generative replay; λ is the weight of replay. */
export const generativeStepTex = String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \lambda \nabla L_{\text{rep}})`;

/** The classifier's loss in hybrid replay; s is the share of replay, n how many images there are in all. */
export const hybridStepTex = String.raw`\tfrac{1}{n}\bigl(s \textstyle\sum L_{\text{mem}} + (1 - s) \sum L_{\text{in}}\bigr)`;

/** A formula of Algorithm 1 in TeX, typeset for the eye and as MathML for screen readers. */
export const Formula = memo(function Formula({ tex }: { readonly tex: string }) {
  const markup = katex.renderToString(tex, { output: 'htmlAndMathml', throwOnError: true });
  return <span dangerouslySetInnerHTML={{ __html: markup }} />;
});

/** One part of a training step. */
export function FlowStep({
  title,
  idle = false,
  children,
}: {
  readonly title: string;
  /** Whether this part takes no part in the lane's steps. */
  readonly idle?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className={style.step} data-idle={idle}>
      <h3>{title}</h3>
      {children}
    </li>
  );
}

/** A row of small images; the lanes tell what each one is. */
export const ImageStrip = memo(function ImageStrip({
  pixels,
  count,
  shape,
  framed = false,
}: {
  readonly pixels: Uint8Array | null;
  readonly count: number;
  readonly shape: readonly [number, number, number] | null;
  readonly framed?: boolean;
}) {
  const places = pixels && shape ? count : 0;
  return (
    <div className={style.strip} data-framed={framed} aria-hidden="true">
      {pixels && shape
        ? Array.from({ length: places }, (_, index) => (
            <Thumbnail key={index} pixels={pixels} index={index} shape={shape} />
          ))
        : null}
      {Array.from({ length: Math.max(0, 10 - places) }, (_, index) => (
        <span key={`empty ${index}`} />
      ))}
    </div>
  );
});

/** As many points of an ascent as there is room for side by side. */
const mostPoints = 5;

/** Which of the points of an ascent are shown: all, or evenly spread ones with both ends. */
export function pathPoints(count: number): number[] {
  if (count <= mostPoints) return Array.from({ length: count }, (_, point) => point);
  return Array.from({ length: mostPoints }, (_, place) => Math.round((place * (count - 1)) / (mostPoints - 1)));
}

/** One latent on its ascent: what the decoder makes of it at each point, and the interference there. */
export const LatentPath = memo(function LatentPath({
  interference,
  pixels,
  shape,
}: {
  /** At each point, in nats; the start first. */
  readonly interference: readonly number[];
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
}) {
  return (
    <ol className={pathStyle.path} aria-label="Ascent of one latent">
      {pathPoints(interference.length).map((point) => {
        const amount = plainLoss(interference[point]);
        const text = `${point === 0 ? 'Start' : `After step ${point}`}: interference ${amount}`;
        return (
          <li key={point} aria-label={text} title={text}>
            <span className="hidden-text">{text}</span>
            <Thumbnail pixels={pixels} index={point} shape={shape} className={pathStyle.image} />
            <span aria-hidden="true">{amount}</span>
          </li>
        );
      })}
    </ol>
  );
});
