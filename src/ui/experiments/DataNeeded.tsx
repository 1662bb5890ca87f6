import { changedRows } from '../../state/sweepPlan.ts';
import { datasetOf } from '../../state/datasetOf.ts';
import banner from '../notices/PhaseBanner.module.css';
import { useSweep } from './SweepContext.ts';
import style from './DataNeeded.module.css';

/** Says what is missing for the table, and how to get it; its rows cannot run until then. */
export function DataNeeded() {
  const plan = useSweep((state) => state.plan);
  const data = useSweep((state) => state.data);
  const missing = new Set(
    changedRows(plan)
      .map(({ config }) => datasetOf(config.scenario))
      .filter((dataset) => data[dataset] === 'missing'),
  );
  return (
    <>
      {missing.has('cifar10') && (
        <div className={banner.banner} data-tone="warn">
          <p>
            <strong>CIFAR-10 is not on this site,</strong> so these rows cannot run yet. Whoever runs the site adds it with{' '}
            <code className={style.command}>npm run data:cifar10</code>.
          </p>
        </div>
      )}
      {missing.has('miniimagenet') && (
        <div className={banner.banner} data-tone="warn">
          <p>
            <strong>MiniImagenet may not be handed on,</strong> so no site holds it and these rows cannot run yet. Your own copy
            is a folder or zip of its images with train.csv, val.csv and test.csv.
          </p>
        </div>
      )}
    </>
  );
}
