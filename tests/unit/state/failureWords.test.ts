import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../../src/core/checkpoint.ts';
import { DataError, misfit } from '../../../src/core/dataset.ts';
import { parseIdx } from '../../../src/engine/data/idx.ts';
import { recognise } from '../../../src/engine/data/recognise.ts';
import { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import { amountWords, failureWords, noticeWords, stopWords } from '../../../src/state/failureWords.ts';
import { speak } from '../../../src/texts/say.ts';
import { notKept } from '../../../src/worker/dataCache.ts';
import { failureOf, recoveryNotice, wasmNotice } from '../../../src/worker/recovery.ts';

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

const file = { name: 'train-labels', remedy: 'Download it again.' };
const short = thrownBy(() => parseIdx(file, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 9, 1), 10));
const stop = { what: 'loss', step: 1_234, setting: 'learningRate', value: 0.25, smaller: 0.02 } as const;

describe('on a German page', () => {
  beforeAll(() => speak('de'));
  afterAll(() => speak('en'));

  it('what is wrong with a file is said with its figures, and without English', () => {
    expect(failureWords(failureOf(short))).toMatch(/^train-labels hat 9 Bytes; 17 werden gebraucht\. /);
    const long = failureOf(new DataError(file, 'is short', { kind: 'size', found: 12, needed: 60_008 }));
    expect(failureWords(long)).toContain('12 Bytes; 60.008 werden');
    for (const kind of ['damaged', 'unreadable', 'download', 'site'] as const)
      expect(failureWords(failureOf(new DataError(file, 'is so and so', { kind })))).not.toMatch(/so and so|Download/);
  });

  it('every rarer fault of data is said for what it is, with its figures and what to do, without English', async () => {
    const words = (error: unknown) => failureWords(failureOf(error));
    const labels = (...values: number[]) => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, values.length, ...values);
    const opened = (path: string, bytes: Uint8Array) =>
      recognise({ name: 'Daten', remedy: '' }, [
        { path, size: bytes.length, start: () => Promise.resolve(bytes), read: () => Promise.resolve(bytes) },
      ] as never).catch(words);
    const text = (words: string) => new TextEncoder().encode(words);
    const all = [
      words(thrownBy(() => parseIdx(file, text('pickle'), 10))),
      words(thrownBy(() => parseIdx(file, labels(), 10))),
      words(thrownBy(() => parseIdx(file, labels(3, 12), 10))),
      await opened('mnist.npz', text('PK')),
      await opened('cifar-10-batches-py/data_batch_1', text('x')),
      await opened('train.zip', text('<!doctype html>')),
      await opened('data.rar', Uint8Array.of(0x52, 0x61, 0x72, 0x21)),
      await opened('whole.z01', text('x')),
      words(new DataError(file, 'is odd', misfit('large', '', 200_000_000))),
      words(new DataError(file, 'is odd', misfit('files', 1, 2))),
      words(new DataError(file, 'is odd', misfit('lacks', '', 'val.csv'))),
    ];
    const parts = [
      /^train-labels ist von keiner .* vier IDX-Dateien/,
      /^train-labels ist leer/,
      /nennt die Klasse 12; Klassen gehen von 0 bis 9\./,
      /^mnist\.npz hat die Form \.npz, .* vier IDX-Dateien/,
      /^cifar-10-batches-py\/data_batch_1 hat die Form \.pkl, .* cifar-10-binary\.tar\.gz/,
      /^train\.zip ist eine Webseite/,
      /^data\.rar ist mit RAR gepackt/,
      /^whole\.z01 ist einer von mehreren Teilen/,
      /mehr als 200\.000\.000 werden nicht gelesen/,
      /^train-labels hat 1 Datei mit Bildern und 2 Dateien mit Labels/,
      /^In train-labels fehlt val\.csv\./,
    ];
    for (const [index, part] of parts.entries()) expect(all[index]).toMatch(part);
    for (const said of all) expect(said).not.toMatch(/Englisch|odd| is | are /);
    // What only the command line reports would have its kind before it.
    expect(words(new DataError(file, 'is odd', null))).toMatch(/^Mit den Daten .* Englisch: .*is odd/);
  });

  it('why a run cannot go on from where it stood is said for each reason', () => {
    const words = (['version', 'data', 'settings', 'damaged'] as const).map((fault) =>
      failureWords(failureOf(new CheckpointError('so and so', fault))),
    );
    expect(new Set(words).size).toBe(4);
    for (const said of words) expect(said).toMatch(/^Der Lauf kann nicht dort .*: .* mit dem ersten Schritt\.$/);
  });

  it('what a graphics card did, and how the run goes on, has the task and the steps', () => {
    const lost = new GraphicsFailure('lost', 'The graphics device was lost.');
    const checkpoint = { task: 2, step: 1_200 } as Parameters<typeof recoveryNotice>[0]['checkpoint'];
    const at = { reason: lost.message, failure: lost, step: 1_234, checkpoint };
    expect(noticeWords(recoveryNotice(at, 'wasm'))).toBe(
      'Die Verbindung zur Grafikkarte ist abgebrochen. Der Lauf hielt bei Schritt 1.234 an und geht vom Ende von Aufgabe 2 an (Schritt 1.200) mit WASM weiter.',
    );
    const [anew, paused] = (['card', 'paused'] as const).map((on) =>
      noticeWords(recoveryNotice({ ...at, failure: null, checkpoint: null }, on)),
    );
    expect(anew).toMatch(
      /^Das Training auf der Grafikkarte ist fehlgeschlagen\. .* beginnt auf der neu .* von vorn\.$/,
    );
    expect(paused).toMatch(/„Start“ beginnt ihn von vorn\.$/);
    const memory = new GraphicsFailure('memory', 'The graphics card has too little free memory to hold this.');
    expect(noticeWords(wasmNotice(memory))).toMatch(/zu wenig Speicher\. .* beginnt mit WASM von vorn\.$/);
    expect(failureWords(failureOf(memory))).toBe('Die Grafikkarte hat dafür zu wenig Speicher.');
  });

  it('full storage, a stopped lane and opened data are said in German, with German numbers', () => {
    const full = notKept('CIFAR-10', new DOMException('', 'QuotaExceededError'), 'open');
    expect(noticeWords(full)).toMatch(/Der Speicher des Browsers ist voll\. .* Dateien noch einmal öffnen\.$/);
    expect(stopWords('The loss …', stop)).toMatch(
      /^Der Verlust in Schritt 1\.234 ist keine endliche Zahl, .* die Lernrate mit 0,25 zu groß; .* etwa 0,02, /,
    );
    expect(stopWords('GEM’s …', { ...stop, what: 'method' })).toMatch(/^In Schritt 1\.234 hat das quad.* von GEM/);
    // A file of an earlier page has the sentence alone.
    expect(stopWords('The loss …', undefined)).toBe('Diese Spur hat angehalten. Näheres auf Englisch: The loss …');
    expect(amountWords({ name: 'KMNIST from your files', training: 60_000, test: 10_000 })).toBe(
      'KMNIST: 60.000 Trainings- und 10.000 Testbilder',
    );
  });
});

it('on an English page the engine’s own sentences stand, which say most', () => {
  expect(failureWords(failureOf(short))).toBe('train-labels has 9 bytes; 9 labels need 17. Download it again.');
  expect(stopWords('The loss of step 3 is not a finite number.', stop)).toBe(
    'The loss of step 3 is not a finite number.',
  );
  expect(failureOf(short)).toHaveProperty('facts.fault', { kind: 'size', found: 9, needed: 17 });
});
