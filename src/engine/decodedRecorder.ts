import * as tf from '@tensorflow/tfjs';
import type { DecodedRetrievalReport, DecodedSample, Pictures } from './events.ts';
import type { DecodedImages, DecodedTrace } from './methods/learner.ts';
import { tidy } from './tidy.ts';

/** What 0 and 255 of a byte are to the network. */
export type PixelRange = readonly [low: number, high: number];

/** Images as the network sees them, as bytes on this side; frees the tensor. */
export async function readPictures(images: tf.Tensor2D, [low, high]: PixelRange): Promise<Pictures> {
  const scaled = tidy(() => tf.round(tf.mul(tf.sub(tf.clipByValue(images, low, high), low), 255 / (high - low))));
  images.dispose();
  const values = await scaled.data();
  scaled.dispose();
  return Uint8Array.from(values);
}

/** Reads back what a decoder made in a traced step; frees its tensors. */
export async function readDecoded(trace: DecodedTrace, range: PixelRange): Promise<DecodedRetrievalReport> {
  const [random, mir, path, interference, dreams, reconstructions] = await Promise.all([
    trace.retrieved && readImages(trace.retrieved.random, range),
    trace.retrieved && readImages(trace.retrieved.mir, range),
    trace.path && readPictures(trace.path.images, range),
    trace.path && readValues(trace.path.interference),
    trace.dreams && readPictures(trace.dreams, range),
    readPictures(trace.reconstructions, range),
  ]);
  const none: Pictures = new Uint8Array(0);
  return {
    kind: trace.kind,
    used: trace.used,
    mirPicks: mir?.samples ?? [],
    randomPicks: random?.samples ?? [],
    path: interference ?? [],
    pictures: {
      mirPicks: mir?.pictures ?? none,
      randomPicks: random?.pictures ?? none,
      path: path ?? none,
      dreams: dreams ?? none,
      reconstructions,
    },
  };
}

async function readImages(decoded: DecodedImages, range: PixelRange): Promise<{ samples: DecodedSample[]; pictures: Pictures }> {
  const [labels, confidences, tasks, before, after, pictures] = await Promise.all([
    readValues(decoded.labels),
    decoded.confidences && readValues(decoded.confidences),
    decoded.tasks && readValues(decoded.tasks),
    readValues(decoded.lossesBefore),
    readValues(decoded.lossesAfter),
    readPictures(decoded.images, range),
  ]);
  const samples = labels.map((label, index) => ({
    label,
    confidence: confidences?.[index] ?? null,
    task: tasks?.[index] ?? null,
    lossBefore: before[index],
    lossAfter: after[index],
  }));
  return { samples, pictures };
}

async function readValues(tensor: tf.Tensor1D): Promise<number[]> {
  const values = await tensor.data();
  tensor.dispose();
  return Array.from(values);
}
