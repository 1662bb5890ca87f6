import { type Dispatch, flat, flatIndex, type Input, type Output, type Sharing, typeOf, widthOf } from './dispatch.ts';

/** Two sums over all pixels for each channel of images with their channels last. */
interface ChannelSums {
  readonly key: string;
  /** Pixels of all images together. */
  readonly pixels: number;
  readonly channels: number;
  readonly inputs: Readonly<Record<string, Input['tensor']>>;
  /** Further tensors that the code writes, in vectors as those of the inputs. */
  readonly outputs?: Readonly<Record<string, Output['shape']>>;
  /** Numbers at the end of the sums that the code writes itself, for each channel. */
  readonly extras?: number;
  /** Lines for a channel (or four), whose number is `channel`, before its pixels. */
  readonly before: string;
  /** Lines that define `one` and `other`, which are summed, for the pixel and channel at `at`. */
  readonly each: string;
  /** Lines run once for each channel, which may write `sums` from `extra` on. */
  readonly once?: string;
}

/** A dispatch that sums, and into how many shares of the pixels: what reads them adds the shares up. */
interface SharedSums {
  /** Its output `sums` is [shares, 2, channels] with the extras behind. */
  readonly work: Dispatch;
  readonly shares: number;
}

/** Channels, or fours of them, that a workgroup sums at most. */
const widestBlock = 64;
/** Pixels that a thread sums on hardware, and shares at most: each is read again by every thread that needs the sums. */
const [pixelsOfThread, mostShares] = [8, 32];

/**
 * Sums over pixels, cut into shares: on hardware a workgroup has a share, its threads meet once; on an imitated card a
 * thread has one for itself. The order of summation is always the same.
 */
export function channelSums(sums: ChannelSums, sharing: Sharing): SharedSums {
  const { key, pixels, channels, inputs, outputs = {}, extras = 0 } = sums;
  const width = widthOf(channels);
  const groups = channels / width;
  const block = Math.min(groups, widestBlock);
  const lanes = sharing.lanes === 1 ? 1 : Math.max(1, Math.floor(sharing.lanes / block));
  const wanted =
    lanes === 1
      ? Math.min(mostShares, Math.ceil(sharing.threads / groups))
      : Math.min(mostShares, Math.ceil(pixels / (lanes * pixelsOfThread)));
  const pixelsInShare = Math.ceil(pixels / wanted);
  const shares = Math.ceil(pixels / pixelsInShare);
  const blocks = Math.ceil(groups / block);
  const layout = { groups, block, blocks, lanes, pixelsInShare, shares };
  return {
    shares,
    work: {
      key: `${key}_${pixels}_${channels}_${lanes}_${shares}`,
      outputs: {
        sums: { shape: [(2 * shares + extras) * channels], width },
        ...Object.fromEntries(Object.entries(outputs).map(([name, shape]) => [name, { shape, width }])),
      },
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, { tensor, width }])),
      ...(lanes === 1 ? flat(groups * shares) : { groups: blocks * shares, groupSize: block * lanes }),
      code: () => (lanes === 1 ? aloneCode(sums, layout) : togetherCode(sums, layout)),
    },
  };
}

/** How the work is cut; counted in vectors of the channels' width. */
interface Layout {
  readonly groups: number;
  readonly block: number;
  readonly blocks: number;
  readonly lanes: number;
  readonly pixelsInShare: number;
  readonly shares: number;
}

function loop(
  { pixels, channels, each }: ChannelSums,
  { groups, pixelsInShare, lanes }: Layout,
  first: string,
): string {
  const type = typeOf(widthOf(channels));
  return `
  var sum = ${type}();
  var otherSum = ${type}();
  let end = min((share + 1u) * ${pixelsInShare}u, ${pixels}u);
  for (var pixel = ${first}; pixel < end; pixel += ${lanes}u) {
    let at = pixel * ${groups}u + channel;
    ${each}
    sum += one;
    otherSum += other;
  }`;
}

function aloneCode(sums: ChannelSums, layout: Layout): string {
  const { groups, pixelsInShare, shares } = layout;
  return `
fn run(group : u32, lane : u32) {
  ${flatIndex(groups * shares)}
  let channel = index % ${groups}u;
  let share = index / ${groups}u;
  ${sums.before}
  ${loop(sums, layout, `share * ${pixelsInShare}u`)}
  sums[share * ${2 * groups}u + channel] = sum;
  sums[share * ${2 * groups}u + ${groups}u + channel] = otherSum;
  ${onceCode(sums, layout, 'share == 0u')}
}`;
}

function togetherCode(sums: ChannelSums, layout: Layout): string {
  const { groups, block, blocks, pixelsInShare, lanes } = layout;
  const type = typeOf(widthOf(sums.channels));
  return `
var<workgroup> parts : array<${type}, ${block * lanes}>;
var<workgroup> otherParts : array<${type}, ${block * lanes}>;
fn run(group : u32, lane : u32) {
  let share = group / ${blocks}u;
  let own = group % ${blocks}u * ${block}u + lane % ${block}u;
  // Beyond the last channel it is summed again; what comes of it is not written.
  let channel = min(own, ${groups - 1}u);
  ${sums.before}
  ${loop(sums, layout, `share * ${pixelsInShare}u + lane / ${block}u`)}
  parts[lane] = sum;
  otherParts[lane] = otherSum;
  workgroupBarrier();
  if (lane >= ${block}u || own >= ${groups}u) { return; }
  for (var part = 1u; part < ${lanes}u; part++) {
    sum += parts[part * ${block}u + lane];
    otherSum += otherParts[part * ${block}u + lane];
  }
  sums[share * ${2 * groups}u + channel] = sum;
  sums[share * ${2 * groups}u + ${groups}u + channel] = otherSum;
  ${onceCode(sums, layout, 'share == 0u')}
}`;
}

function onceCode({ once }: ChannelSums, { groups, shares }: Layout, condition: string): string {
  return once === undefined
    ? ''
    : `if (${condition}) {
    let extra = ${2 * shares * groups}u + channel;
    ${once}
  }`;
}

/** Lines that add up the shares of both sums for `channel`, as `sum` and `otherSum`. */
export function addShares(channels: number, shares: number): string {
  const width = widthOf(channels);
  const groups = channels / width;
  return `
  var sum = ${typeOf(width)}();
  var otherSum = ${typeOf(width)}();
  for (var share = 0u; share < ${shares}u; share++) {
    sum += sums[share * ${2 * groups}u + channel];
    otherSum += sums[share * ${2 * groups}u + ${groups}u + channel];
  }`;
}
