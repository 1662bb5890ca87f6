import { useState } from 'react';
import { isGenerative } from '../../engine/config.ts';
import { rowName, rowsOf } from '../../state/sweepPlan.ts';
import type { RunMetric } from '../curves/curveRows.ts';
import { RadioChoice } from '../parts/RadioChoice.tsx';
import { RowCurves } from './RowCurves.tsx';
import { useSweep } from './SweepContext.ts';

const charts = ['averageForgetting', 'negativeElbo'] as const satisfies readonly RunMetric[];
const words = { averageForgetting: 'Forgetting', negativeElbo: '−ELBO' } as const;

/** What is drawn beside accuracy: forgetting; where a drawn row has a VAE, by choice its −ELBO, which Table 5 is about. */
export function SecondRowCurves({ drawn }: { readonly drawn: readonly string[] }) {
  const table = useSweep((state) => state.plan.table);
  const [chosen, setChosen] = useState<(typeof charts)[number] | null>(null);
  const elbo = rowsOf(table).some((row) => isGenerative(row.config.method) && drawn.includes(rowName(row)));
  if (!elbo) return <RowCurves metric="averageForgetting" drawn={drawn} />;
  const metric = chosen ?? (table === 5 ? 'negativeElbo' : 'averageForgetting');
  return (
    <RowCurves
      metric={metric}
      choice={<RadioChoice label="Second chart" options={charts} words={words} value={metric} onChange={setChosen} />}
      drawn={drawn}
    />
  );
}
