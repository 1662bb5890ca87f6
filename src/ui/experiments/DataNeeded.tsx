import { scenarios } from '../../engine/scenarios/scenarios.ts';
import { changedRows } from '../../state/sweepPlan.ts';
import { DataPicker } from '../data/DataPicker.tsx';
import banner from '../notices/PhaseBanner.module.css';
import { OpeningProgress } from '../notices/OpeningProgress.tsx';
import { useSweep } from './SweepContext.ts';
import style from './DataNeeded.module.css';

/** Says what is missing for the table, and how to get it; its rows cannot run until then. */
export function DataNeeded() {
  const plan = useSweep((state) => state.plan);
  const data = useSweep((state) => state.data);
  const [dataset] = changedRows(plan).map(({ config }) => scenarios[config.scenario].dataset);
  if (data[dataset] !== 'missing') return null;
  switch (dataset) {
    case 'cifar10':
      return (
        <div className={banner.banner}>
          <p>
            <strong>CIFAR-10 is not on this site,</strong> so these rows cannot run yet. Whoever runs the site adds it with{' '}
            <code className={style.command}>npm run data:cifar10</code>; or open your own copy of cifar-10-binary.tar.gz.
          </p>
          <DataPicker />
          <OpeningProgress />
        </div>
      );
    case 'miniimagenet':
      return (
        <div className={banner.banner}>
          <p>
            <strong>Nobody may hand MiniImagenet on,</strong> so no site holds it, and these rows cannot run yet. Open your own copy: a
            folder or zip of its images with train.csv, val.csv and test.csv.
          </p>
          <DataPicker />
          <OpeningProgress />
        </div>
      );
    case 'mnist':
      return null;
    default:
      return dataset satisfies never;
  }
}
