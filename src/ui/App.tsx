import { Tooltip } from '@base-ui/react/tooltip';
import { PartialDataDialog } from './data/PartialDataDialog.tsx';
import { DropTarget } from './DropTarget.tsx';
import { ExperimentsView } from './experiments/ExperimentsView.tsx';
import { LabView } from './LabView.tsx';
import { Notices } from './notices/Notices.tsx';
import { useView } from './useView.ts';
import style from './App.module.css';

/** The whole page. */
export function App() {
  const view = useView();
  return (
    <Tooltip.Provider delay={500}>
      <div className={style.page}>
        {view === 'lab' ? <LabView /> : <ExperimentsView />}
        <Notices />
        <DropTarget />
        <PartialDataDialog />
      </div>
    </Tooltip.Provider>
  );
}
