import * as tf from '@tensorflow/tfjs';
import { deviceSharing, dispatchInfos, flat, flatIndex, type Sharing, widthOf } from './dispatch.ts';
import { type KernelCall, holdsFloats, type OwnKernel } from './runProgram.ts';

/** A convolution: what TensorFlow.js works out of strides and padding. */
export type Convolution = tf.backend_util.Conv2DInfo;

/** A thread's code has the taps of one row of the filter; with more they would not fit its registers. */
const widestKernel = 4;

/** Pixels of a row that a thread computes, at most, each with four channels. */
const mostPixels = 4;

/** Threads of a workgroup that share sums, and the most that work on the same one. */
const [groupSize, mostSplits] = [128, 16];

/** `Conv2D` of images with their channels last, in the place of the stock one. */
export const convolutionKernel: OwnKernel = ({ inputs: { x, filter }, attrs }: KernelCall) => {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as unknown as tf.Conv2DAttrs;
  if (!holdsFloats(x) || !holdsFloats(filter) || [dilations].flat().some((dilation) => dilation !== 1)) return null;
  if (dataFormat !== 'NHWC' || filter.shape[1] > widestKernel) return null;
  return convolve(x, filter, infoOf(x.shape, filter.shape, { strides, pad, dimRoundingMode }));
};

/** `Conv2DBackpropInput`, likewise; it is the transposed convolution, too. */
export const imageGradientKernel: OwnKernel = ({ inputs: { dy, filter }, attrs }: KernelCall) => {
  const { strides, pad, dataFormat, dimRoundingMode, inputShape } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  if (!holdsFloats(dy) || !holdsFloats(filter) || dataFormat !== 'NHWC' || filter.shape[1] > widestKernel) return null;
  return imageGradient(dy, filter, infoOf(inputShape, filter.shape, { strides, pad, dimRoundingMode }));
};

/** What TensorFlow.js works out of a convolution's attributes. */
export function infoOf(
  image: readonly number[],
  filter: readonly number[],
  {
    strides,
    pad,
    dimRoundingMode,
  }: Pick<tf.Conv2DAttrs, 'strides' | 'pad'> & {
    readonly dimRoundingMode?: tf.Conv2DAttrs['dimRoundingMode'] | undefined;
  },
): Convolution {
  type Four = [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(image as Four, filter as Four, strides, 1, pad, dimRoundingMode);
}

/** What covers all that the code of a convolution depends on. */
export function convolutionKey({ inShape, outShape, filterShape, ...info }: Convolution): string {
  const { strideHeight, strideWidth, padInfo } = info;
  return [inShape, outShape, filterShape, [strideHeight, strideWidth, padInfo.top, padInfo.left]].join('_');
}

/**
 * A convolution: y[n, row, column, out] = Σ x[n, row · stride + i − top, column · stride + j − left, in] W[i, j, in, out].
 *
 * @param x images, [n, height, width, in]
 * @param filter [kernel height, kernel width, in, out]
 * @returns [n, rows, columns, out]
 */
export function convolve(
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  convolution: Convolution,
  sharing: Sharing = deviceSharing(),
): tf.TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = convolution;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = convolution;
  const pixels = Math.min(mostPixels, outWidth);
  /** Columns of the image that the pixels of a thread look at. */
  const columns = (pixels - 1) * strideWidth + filterWidth;
  const lanes = upTo(Math.min(4, inChannels));
  const add = upTo(filterWidth).map((j) => {
    const taps = lanes.map((lane) => {
      const at = `((i * ${filterWidth}u + ${j}u) * ${inChannels}u + input * 4u + ${lane}u)`;
      const sums = upTo(pixels).map((p) => `sum${p} += seen${p * strideWidth + j}[${lane}] * w${lane};`);
      const tap = `{ let w${lane} = ${fourOf('taps', at, outChannels, 'output')}; ${sums.join(' ')} }`;
      return whereChannel(lane, 'input', inChannels, tap);
    });
    return taps.join('\n      ');
  });
  return summed(
    {
      name: 'convolve',
      convolution,
      shape: convolution.outShape,
      tile: {
        images: batchSize,
        rows: outHeight,
        columnsOfTile: Math.ceil(outWidth / pixels),
        channels: outChannels,
        pixels,
      },
      terms: Math.ceil(inChannels / 4),
      inputs: {
        x: { tensor: x, width: widthOf(inChannels) },
        taps: { tensor: filter, width: widthOf(outChannels) },
      },
      add: `
  let first = i32(column * ${pixels * strideWidth}u) - ${padInfo.left};
  for (var i = 0u; i < ${filterHeight}u; i++) {
    let height = i32(row * ${strideHeight}u + i) - ${padInfo.top};
    if (height < 0 || height >= ${inHeight}) { continue; }
    let line = (image * ${inHeight}u + u32(height)) * ${inWidth}u;
    for (var input = split; input < ${Math.ceil(inChannels / 4)}u; input += splits) {
      ${seenCode(columns, { name: 'x', width: inWidth, channels: inChannels, group: 'input' })}
      ${add.join('\n      ')}
    }
  }`,
      neighbours: 'tiles',
      pixelOf: (p) => `column * ${pixels}u + ${p}`,
      width: outWidth,
    },
    sharing,
  );
}

/**
 * The gradient of a convolution's images, which is the transposed convolution:
 * dx[n, height, width, in] = Σ dy[n, row, column, out] W[i, j, in, out] over all taps and pixels with
 * row · stride + i − top = height and column · stride + j − left = width.
 *
 * @param dy gradient of the result, [n, rows, columns, out]
 * @param filter [kernel height, kernel width, in, out]
 * @returns [n, height, width, in]
 */
export function imageGradient(
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  convolution: Convolution,
  sharing: Sharing = deviceSharing(),
): tf.TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = convolution;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = convolution;
  // The pixels of a thread are as far apart as the stride, so that the same taps reach all of them.
  const pixels = Math.min(mostPixels, Math.ceil(inWidth / strideWidth));
  const tapsOfRow = Math.ceil(filterWidth / strideWidth);
  const columns = pixels + tapsOfRow - 1;
  const add = upTo(tapsOfRow).map((m) => {
    const lanes = upTo(Math.min(4, inChannels)).map((lane) => {
      const at = `((i * ${filterWidth}u + j) * ${inChannels}u + channel * 4u + ${lane}u)`;
      const sums = upTo(pixels).map((p) => `sum${p}[${lane}] += dot(seen${p + tapsOfRow - 1 - m}, w);`);
      const tap = `{ let w = ${fourOf('taps', at, outChannels, 'output')}; ${sums.join(' ')} }`;
      return whereChannel(lane, 'channel', inChannels, tap);
    });
    return `{
        let j = firstTap + ${m * strideWidth}u;
        if (j < ${filterWidth}u) {
          ${lanes.join('\n          ')}
        }
      }`;
  });
  return summed(
    {
      name: 'imageGradient',
      convolution,
      shape: convolution.inShape,
      tile: {
        images: batchSize,
        rows: inHeight,
        columnsOfTile: strideWidth * Math.ceil(Math.ceil(inWidth / strideWidth) / pixels),
        channels: inChannels,
        pixels,
      },
      terms: Math.ceil(outChannels / 4),
      inputs: {
        dy: { tensor: dy, width: widthOf(outChannels) },
        taps: { tensor: filter, width: widthOf(outChannels) },
      },
      add: `
  let channel = output;
  let shifted = column % ${strideWidth}u + ${padInfo.left}u;
  let firstTap = shifted % ${strideWidth}u;
  // The column of the result that the first tap joins to the first pixel, less the taps after it.
  let first = i32(column / ${strideWidth}u * ${pixels}u + shifted / ${strideWidth}u) - ${tapsOfRow - 1};
  for (var i = (row + ${padInfo.top}u) % ${strideHeight}u; i < ${filterHeight}u; i += ${strideHeight}u) {
    let height = (i32(row + ${padInfo.top}u) - i32(i)) / ${strideHeight};
    if (row + ${padInfo.top}u < i || height >= ${outHeight}) { continue; }
    let line = (image * ${outHeight}u + u32(height)) * ${outWidth}u;
    for (var output = split; output < ${Math.ceil(outChannels / 4)}u; output += splits) {
      ${seenCode(columns, { name: 'dy', width: outWidth, channels: outChannels, group: 'output' })}
      ${add.join('\n      ')}
    }
  }`,
      neighbours: 'terms',
      pixelOf: (p) => `(column / ${strideWidth}u * ${pixels}u + ${p}) * ${strideWidth}u + column % ${strideWidth}u`,
      width: inWidth,
    },
    sharing,
  );
}

/** What a thread computes: four channels of some pixels of a row. */
interface Tile {
  readonly images: number;
  readonly rows: number;
  /** Tiles in a row. */
  readonly columnsOfTile: number;
  readonly channels: number;
  readonly pixels: number;
}

interface Sum {
  readonly name: string;
  readonly convolution: Convolution;
  readonly shape: readonly number[];
  readonly tile: Tile;
  /** Groups of four channels over which is summed; threads may share them. */
  readonly terms: number;
  readonly inputs: Parameters<typeof dispatchInfos>[0]['inputs'];
  /** Lines that add the terms split, split + splits, … to `sum0`, … for `image`, `row`, `column` of tiles and `output`. */
  readonly add: string;
  /** What neighbouring threads differ in, so that they read neighbouring numbers of the filter. */
  readonly neighbours: 'tiles' | 'terms';
  /** The pixel of a row that is the p-th of its tile. */
  readonly pixelOf: (p: string) => string;
  /** Pixels in a row. */
  readonly width: number;
}

/** Sums for each pixel; where there are too few tiles to keep the device busy, several threads share each one's terms. */
function summed(
  { name, convolution, shape, tile, terms, inputs, add, neighbours, pixelOf, width }: Sum,
  sharing: Sharing,
) {
  const { images, rows, columnsOfTile, channels, pixels } = tile;
  const groups = Math.ceil(channels / 4);
  const tiles = images * rows * columnsOfTile * groups;
  const splits = sharing.lanes === 1 ? 1 : splitsOf(tiles, terms, sharing.threads);
  const place = (index: string) => `
  let output = ${index} % ${groups}u;
  let column = ${index} / ${groups}u % ${columnsOfTile}u;
  let row = ${index} / ${groups * columnsOfTile}u % ${rows}u;
  let image = ${index} / ${groups * columnsOfTile * rows}u;`;
  const store = (p: string, value: string) => {
    const at = `((image * ${rows}u + row) * ${width}u + pixel) * ${channels}u + output * 4u`;
    const whole = `result[(${at}) / 4u] = ${value};`;
    const parts = upTo(Math.min(4, channels)).map(
      (lane) => `if (output * 4u + ${lane}u < ${channels}u) { result[${at} + ${lane}u] = ${value}[${lane}]; }`,
    );
    return `{
    let pixel = ${pixelOf(p)};
    if (pixel < ${width}u) { ${widthOf(channels) === 4 ? whole : parts.join(' ')} }
  }`;
  };
  const sums = upTo(pixels).map((p) => `var sum${p} = vec4f();`);
  const alone = () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(tiles)}
  let split = 0u;
  let splits = 1u;
  ${place('index')}
  ${sums.join(' ')}
  ${add}
  ${upTo(pixels)
    .map((p) => store(`${p}u`, `sum${p}`))
    .join('\n  ')}
}`;
  const tilesInGroup = groupSize / splits;
  const byTiles = neighbours === 'tiles';
  const [tileOfLane, splitOfLane] = byTiles
    ? [`lane % ${tilesInGroup}u`, `lane / ${tilesInGroup}u`]
    : [`lane / ${splits}u`, `lane % ${splits}u`];
  const shared = () => `
var<workgroup> parts : array<vec4f, ${groupSize * pixels}>;
fn work(index : u32, split : u32, lane : u32) {
  let splits = ${splits}u;
  ${place('index')}
  ${sums.join(' ')}
  ${add}
  ${upTo(pixels)
    .map((p) => `parts[lane + ${p * groupSize}u] = sum${p};`)
    .join(' ')}
}
fn run(group : u32, lane : u32) {
  work(min(group * ${tilesInGroup}u + ${tileOfLane}, ${tiles - 1}u), ${splitOfLane}, lane);
  workgroupBarrier();
  for (var at = lane; at < ${tilesInGroup * pixels}u; at += ${groupSize}u) {
    let index = group * ${tilesInGroup}u + at % ${tilesInGroup}u;
    if (index >= ${tiles}u) { continue; }
    let p = at / ${tilesInGroup}u;
    let begin = p * ${groupSize}u + at % ${tilesInGroup}u * ${byTiles ? 1 : splits}u;
    let sum = ${upTo(splits)
      .map((split) => `parts[begin + ${split * (byTiles ? tilesInGroup : 1)}u]`)
      .join(' + ')};
    ${place('index')}
    ${store('p', 'sum')}
  }
}`;
  const [result] = dispatchInfos({
    key: `${name}_${convolutionKey(convolution)}_${splits}`,
    outputs: { result: { shape, width: widthOf(channels) } },
    inputs,
    ...(splits === 1 ? flat(tiles) : { groups: Math.ceil(tiles / tilesInGroup), groupSize }),
    code: splits === 1 ? alone : shared,
  });
  return result;
}

/** The power of two of threads that share a sum, so that all of them keep the device busy and none is without a term. */
function splitsOf(tiles: number, terms: number, threads: number): number {
  let splits = 1;
  while (splits < mostSplits && 2 * splits <= terms && tiles * splits < threads) splits *= 2;
  return splits;
}

/** Images in the code: their array, pixels in a row, channels, and which four of these are meant. */
interface Seen {
  readonly name: string;
  readonly width: number;
  readonly channels: number;
  readonly group: string;
}

/** Lines that read so many pixels of a `line` from `first` on, as `seen0`, …; those beyond its ends are 0. */
function seenCode(count: number, { name, width, channels, group }: Seen): string {
  return upTo(count)
    .map((at) => {
      const read = fourOf(name, `line + u32(first + ${at})`, channels, group);
      return `var seen${at} = vec4f();
      if (first + ${at} >= 0 && first + ${at} < ${width}) { seen${at} = ${read}; }`;
    })
    .join('\n      ');
}

/** A block that is gone through only if the group has a channel in that lane, where that is not certain. */
function whereChannel(lane: number, group: string, channels: number, block: string): string {
  return channels % 4 === 0 || channels < 4 ? block : `if (${group} * 4u + ${lane}u < ${channels}u) ${block}`;
}

/** Four channels of a pixel or tap, in WGSL. What stands for channels beyond the last is 0. */
function fourOf(name: string, at: string, channels: number, group: string): string {
  if (widthOf(channels) === 4) return `${name}[(${at}) * ${channels / 4}u + ${group}]`;
  const one = (lane: number) => `${name}[(${at}) * ${channels}u + ${group} * 4u + ${lane}u]`;
  const guarded = (lane: number) =>
    channels < 4
      ? lane < channels
        ? one(lane)
        : '0.0'
      : `select(0.0, ${name}[min((${at}) * ${channels}u + ${group} * 4u + ${lane}u, arrayLength(&${name}) - 1u)], ${group} * 4u + ${lane}u < ${channels}u)`;
  return `vec4f(${upTo(4).map(guarded).join(', ')})`;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
