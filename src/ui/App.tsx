import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactNode } from 'react';
import { BenchmarkView } from './benchmark/BenchmarkView.tsx';
import { PartialDataDialog } from './data/PartialDataDialog.tsx';
import { DropTarget } from './DropTarget.tsx';
import { ExperimentsView } from './experiments/ExperimentsView.tsx';
import { LabView } from './LabView.tsx';
import { Notices } from './notices/Notices.tsx';
import { useView, type View } from './useView.ts';
import style from './App.module.css';

const views: Readonly<Record<View, ReactNode>> = { lab: <LabView />, experiments: <ExperimentsView />, benchmark: <BenchmarkView /> };

/** The whole page. */
export function App() {
  const view = useView();
  return (
    <Tooltip.Provider delay={500}>
      <div className={style.page}>
        {views[view]}
        <Notices />
        <DropTarget />
        <PartialDataDialog />
      </div>
    </Tooltip.Provider>
  );
}
