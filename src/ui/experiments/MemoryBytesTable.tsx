import { autoencoderBytes, memoryBytes } from '../../state/memoryBytes.ts';
import { changedRows } from '../../state/sweepPlan.ts';
import { megabytes } from '../numberFormat.ts';
import card from '../parts/Card.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { useSweep } from './SweepContext.ts';
import style from './MemoryBytesTable.module.css';

/** What a memory of latents takes against a memory of as many images, for each memory size of the table. */
export function MemoryBytesTable() {
  const plan = useSweep((state) => state.plan);
  const rows = changedRows(plan);
  const sizes = [...new Map(rows.map(({ config }) => [config.memoryPerClass, memoryBytes(config)])).values()];
  const autoencoder = autoencoderBytes(rows[0].config);
  const [{ latents, imagesAsBytes, imagesAsFloats }] = sizes;
  return (
    <section aria-label="Bytes of a memory" className={`${card.card} ${style.panel}`}>
      <h2 className={card.heading}>
        Bytes of a memory{' '}
        <Explanation of="bytes of a memory">
          What the pictures in a full memory take. Latents are kept as 32-bit numbers, images as a dataset keeps them, a byte for
          each number, or as a network takes them, 32 bits for each. Labels and tasks, the same for both, are left out. Here a
          memory of images keeps only their places in the dataset, which this page holds anyway.
        </Explanation>
      </h2>
      <table className={style.table}>
        <caption className="hidden-text">Megabytes that latents take, and as many images, by memory size</caption>
        <thead>
          <tr>
            <th scope="col">In memory</th>
            <th scope="col">latents, 32-bit</th>
            <th scope="col">images, bytes</th>
            <th scope="col">images, 32-bit</th>
          </tr>
        </thead>
        <tbody>
          {sizes.map((bytes) => (
            <tr key={bytes.capacity}>
              <th scope="row">{bytes.capacity.toLocaleString('en')}</th>
              <td>{megabytes(bytes.latents)}</td>
              <td>{megabytes(bytes.imagesAsBytes)}</td>
              <td>{megabytes(bytes.imagesAsFloats)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={style.note}>
        An image takes {(imagesAsBytes / latents).toFixed(1)} or {(imagesAsFloats / latents).toFixed(1)} times as much as its latent.
        Latents need the autoencoder besides: {autoencoder.parameters.toLocaleString('en')} parameters, {megabytes(autoencoder.bytes)}.
      </p>
    </section>
  );
}
