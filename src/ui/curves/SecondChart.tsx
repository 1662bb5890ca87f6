import { useState } from 'react';
import { isGenerative } from '../../state/methodFamily.ts';
import { useLab } from '../LabContext.ts';
import { RadioChoice } from '../parts/RadioChoice.tsx';
import { CurvePanel } from './CurvePanel.tsx';
import type { RunMetric } from './curveRows.ts';

const charts = ['averageForgetting', 'negativeElbo'] as const satisfies readonly RunMetric[];
const words = { averageForgetting: 'Forgetting', negativeElbo: '−ELBO' } as const;

/** What is measured beside accuracy: forgetting; where a lane has a VAE, by choice its −ELBO. */
export function SecondChart() {
  const elbo = useLab(({ shown, config }) => (shown?.lanes.map(({ method }) => method) ?? config.lanes).some(isGenerative));
  const [metric, setMetric] = useState<(typeof charts)[number]>('averageForgetting');
  if (!elbo) return <CurvePanel metric="averageForgetting" />;
  return (
    <CurvePanel
      metric={metric}
      choice={<RadioChoice label="Second chart" options={charts} words={words} value={metric} onChange={setMetric} />}
    />
  );
}
