import * as tf from '@tensorflow/tfjs';
import { type Convolution, convolutionKernel, convolutionKey, imageGradientKernel, infoOf } from './convolution.ts';
import { deviceSharing, dispatchInfos, flat, flatIndex, type Sharing, typeOf, widthOf } from './dispatch.ts';
import { type KernelCall, holdsFloats, type OwnKernel, replaceKernel } from './runProgram.ts';

/** A thread holds the taps of one row of the filter for four inputs and four outputs; more would not fit its registers. */
const widestKernel = 4;

/** Pixels of the result that a thread looks at, at least: fewer would leave more partial sums than they are worth. */
const fewestPixels = 96;

/** `Conv2DBackpropFilter` of images with their channels last, in the place of the stock one, which has a thread for each tap only. */
function filterGradientKernel({ inputs: { x, dy }, attrs }: KernelCall): tf.TensorInfo | null {
  if (!holdsFloats(x) || !holdsFloats(dy)) return null;
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
  if (dataFormat !== 'NHWC' || filterShape[1] > widestKernel) return null;
  return filterGradient(x, dy, infoOf(x.shape, filterShape, { strides, pad, dimRoundingMode }));
}

/**
 * The gradient of a convolution's filter: dW[i, j, in, out] = Σ x[n, row · stride + i − top, …, in] · dy[n, row, …, out].
 * The rows of all images are shared out among threads; where there is more than one share, a second dispatch adds
 * them up, in an order that is always the same.
 *
 * @param x images, [n, height, width, in]
 * @param dy gradient of the result, [n, rows, columns, out]
 * @returns [kernel height, kernel width, in, out]
 */
export function filterGradient(
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  convolution: Convolution,
  sharing: Sharing = deviceSharing(),
): tf.TensorInfo {
  const { batchSize, outHeight, outWidth, filterHeight, inChannels, outChannels, filterShape } = convolution;
  const size = tf.util.sizeFromShape(filterShape);
  const tiles = filterHeight * Math.ceil(inChannels / 4) * Math.ceil(outChannels / 4);
  const rows = batchSize * outHeight;
  const mostShares = Math.min(rows, Math.ceil((rows * outWidth) / fewestPixels));
  const rowsInShare = Math.ceil(rows / Math.min(mostShares, Math.ceil(sharing.threads / tiles)));
  const shares = Math.ceil(rows / rowsInShare);
  const [sums] = dispatchInfos({
    key: `filterGradient_${convolutionKey(convolution)}_${rowsInShare}`,
    outputs: { sums: { shape: shares === 1 ? filterShape : [shares, size], width: widthOf(outChannels) } },
    inputs: {
      x: { tensor: x, width: widthOf(inChannels) },
      dy: { tensor: dy, width: widthOf(outChannels) },
    },
    ...flat(tiles * shares),
    code: () => shareCode(convolution, tiles, rowsInShare, shares),
  });
  if (shares === 1) return sums;
  const gradient = sumOfShares(sums, filterShape, sharing);
  disposeInfo(sums);
  return gradient;
}

/** Frees what a kernel has made for itself. */
function disposeInfo({ dataId }: tf.TensorInfo): void {
  (tf.backend() as unknown as { disposeData(dataId: object): void }).disposeData(dataId);
}

/** The sums over the rows of one share, for one row of the filter, four inputs and four outputs. */
function shareCode(convolution: Convolution, tiles: number, rowsInShare: number, shares: number): string {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = convolution;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = convolution;
  const [inputGroups, outputGroups] = [Math.ceil(inChannels / 4), Math.ceil(outChannels / 4)];
  const taps = upTo(filterWidth);
  const lanes = upTo(Math.min(4, inChannels));
  const size = filterHeight * filterWidth * inChannels * outChannels;

  /** Four channels of a pixel. What is read beyond the last channel is not written. */
  const read = (name: string, pixel: string, channels: number, group: string) =>
    widthOf(channels) === 4
      ? `${name}[(${pixel}) * ${channels / 4}u + ${group}]`
      : `vec4f(${upTo(4)
          .map((lane) => (lane < channels ? `${name}[(${pixel}) * ${channels}u + ${group} * 4u + ${lane}u]` : '0'))
          .join(', ')})`;

  const add = taps.map((tap) => {
    const sums = lanes.map((lane) => `sum${tap}_${lane} += pixel[${lane}] * d;`).join(' ');
    return `{
        let column = first + ${tap};
        if (column >= 0 && column < ${inWidth}) {
          let pixel = ${read('x', 'line + u32(column)', inChannels, 'input')};
          ${sums}
        }
      }`;
  });
  const write = taps.flatMap((tap) =>
    lanes.map((lane) => {
      const at = `share * ${size}u + ((tapRow * ${filterWidth}u + ${tap}u) * ${inChannels}u + input * 4u + ${lane}u) * ${outChannels}u + output * 4u`;
      const stores =
        widthOf(outChannels) === 4
          ? `sums[(${at}) / 4u] = sum${tap}_${lane};`
          : upTo(Math.min(4, outChannels))
              .map(
                (out) =>
                  `if (output * 4u + ${out}u < ${outChannels}u) { sums[${at} + ${out}u] = sum${tap}_${lane}[${out}]; }`,
              )
              .join(' ');
      return inChannels % 4 === 0 || inChannels < 4
        ? stores
        : `if (input * 4u + ${lane}u < ${inChannels}u) { ${stores} }`;
    }),
  );
  return `
fn run(group : u32, lane : u32) {
  ${flatIndex(tiles * shares)}
  let tile = index % ${tiles}u;
  let share = index / ${tiles}u;
  let output = tile % ${outputGroups}u;
  let input = tile / ${outputGroups}u % ${inputGroups}u;
  let tapRow = tile / ${outputGroups * inputGroups}u;
  ${taps.flatMap((tap) => lanes.map((lane) => `var sum${tap}_${lane} = vec4f();`)).join(' ')}
  let end = min((share + 1u) * ${rowsInShare}u, ${batchSize * outHeight}u);
  for (var row = share * ${rowsInShare}u; row < end; row++) {
    let height = i32(row % ${outHeight}u * ${strideHeight}u + tapRow) - ${padInfo.top};
    if (height < 0 || height >= ${inHeight}) { continue; }
    let line = (row / ${outHeight}u * ${inHeight}u + u32(height)) * ${inWidth}u;
    for (var at = 0u; at < ${outWidth}u; at++) {
      let d = ${read('dy', `row * ${outWidth}u + at`, outChannels, 'output')};
      let first = i32(at * ${strideWidth}u) - ${padInfo.left};
      ${add.join('\n      ')}
    }
  }
  ${write.join('\n  ')}
}`;
}

/** Threads that share a sum of shares, on hardware, and sums in a workgroup. */
const [sumLanes, sumsInGroup] = [8, 32];

/**
 * Adds up shares.
 *
 * @param shares [count, numbers in a share]
 * @param shape of a share
 */
function sumOfShares(shares: tf.TensorInfo, shape: readonly number[], sharing: Sharing): tf.TensorInfo {
  const [count, size] = shares.shape;
  const width = widthOf(size);
  const vectors = size / width;
  const shared = sharing.lanes > 1;
  const addUp = (from: string, step: number) => `
  var sum = ${typeOf(width)}();
  for (var share = ${from}; share < ${count}u; share += ${step}u) { sum += shares[share * ${vectors}u + index]; }`;
  const alone = () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(vectors)}
  ${addUp('0u', 1)}
  result[index] = sum;
}`;
  const together = () => `
var<workgroup> parts : array<${typeOf(width)}, ${sumLanes * sumsInGroup}>;
fn run(group : u32, lane : u32) {
  let index = min(group * ${sumsInGroup}u + lane % ${sumsInGroup}u, ${vectors - 1}u);
  ${addUp(`lane / ${sumsInGroup}u`, sumLanes)}
  parts[lane] = sum;
  workgroupBarrier();
  if (lane < ${sumsInGroup}u && group * ${sumsInGroup}u + lane < ${vectors}u) {
    result[index] = ${upTo(sumLanes)
      .map((part) => `parts[lane + ${part * sumsInGroup}u]`)
      .join(' + ')};
  }
}`;
  const [result] = dispatchInfos({
    key: `sumOfShares_${count}_${size}_${shared}`,
    outputs: { result: { shape, width } },
    inputs: { shares: { tensor: shares, width } },
    ...(shared ? { groups: Math.ceil(vectors / sumsInGroup), groupSize: sumLanes * sumsInGroup } : flat(vectors)),
    code: shared ? together : alone,
  });
  return result;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Numbers that {@link highest} compares each with each, at most. */
const mostCompared = 1_024;

/** `TopK` of a vector, in the place of the stock one, which sorts it by a dispatch for every round of comparisons. */
function topKKernel({ inputs: { x }, attrs }: KernelCall): tf.TensorInfo[] | null {
  const { k } = attrs as unknown as tf.TopKAttrs;
  if (!holdsFloats(x) || x.shape.length !== 1 || k < 1 || x.shape[0] > mostCompared) return null;
  return highest(x, k);
}

/**
 * The k highest of a vector, highest first, of equals the first; NaN counts as lowest. One dispatch: each number's place
 * is the count of those before it.
 *
 * @param x [n]
 * @param k at most n
 * @returns the numbers, [k], and their positions, int32 [k]
 */
export function highest(x: tf.TensorInfo, k: number): tf.TensorInfo[] {
  const [count] = x.shape;
  return dispatchInfos({
    key: `highest_${count}_${k}`,
    outputs: { values: { shape: [k] }, positions: { shape: [k], whole: true } },
    inputs: { x: { tensor: x } },
    ...flat(count),
    code: () => `
fn keyOf(at : u32) -> f32 { return select(${lowest}, x[at], x[at] >= ${lowest}); }
fn run(group : u32, lane : u32) {
  ${flatIndex(count)}
  let own = keyOf(index);
  var place = 0u;
  for (var at = 0u; at < ${count}u; at++) {
    let other = keyOf(at);
    place += select(0u, 1u, other > own || (other == own && at < index));
  }
  if (place < ${k}u) {
    values[place] = x[index];
    positions[place] = i32(index);
  }
}`,
  });
}

/** The lowest number that WGSL has. */
const lowest = '-3.40282e38';

/**
 * `Identity` on wasm, where the stock one copies: a clone has the same numbers in the same place, since no tensor ever
 * changes. What is saved for gradients is cloned, so that copies were a quarter of what a step held.
 */
function sharingKernel({ inputs: { x } }: KernelCall): tf.TensorInfo {
  (tf.backend() as unknown as { incRef(dataId: object): void }).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** Kernels that are faster than the stock ones, on webgpu on every adapter. */
const kernels: Readonly<Record<'webgpu' | 'wasm', Readonly<Record<string, OwnKernel>>>> = {
  webgpu: {
    Conv2D: convolutionKernel,
    Conv2DBackpropInput: imageGradientKernel,
    Conv2DBackpropFilter: filterGradientKernel,
    TopK: topKKernel,
  },
  wasm: { Identity: sharingKernel },
};

/** What puts the stock kernels back, of the backends on which ours are in use. */
const restore = new Map<keyof typeof kernels, readonly (() => void)[]>();

/** Switches a backend, which must have started, to kernels of our own. */
export function useOwnKernels(backend: keyof typeof kernels): void {
  if (restore.has(backend)) return;
  const own = Object.entries(kernels[backend]).map(([name, kernel]) => replaceKernel(backend, name, kernel));
  restore.set(backend, own);
}

/** Works with the stock kernels, and switches back to ours afterwards where they were in use. */
export async function withStockKernels<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = [...restore.keys()];
  useStockKernels();
  try {
    return await work();
  } finally {
    for (const backend of before) useOwnKernels(backend);
  }
}

/** Switches back to the stock kernels. */
export function useStockKernels(): void {
  for (const putBack of [...restore.values()].flat()) putBack();
  restore.clear();
}
