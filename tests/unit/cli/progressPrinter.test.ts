import { describe, expect, it } from 'vitest';
import { formatDuration, progressLine, ProgressPrinter } from '../../../src/cli/progress.ts';

const progress = { what: 'seed 4 (2 of 10)', doneSteps: 750, totalSteps: 5_000, elapsedSeconds: 9 };

function recorded(isTTY: boolean) {
  const written: string[] = [];
  const clock = { now: 0 };
  const printer = new ProgressPrinter(
    { isTTY, write: (text: string | Uint8Array) => written.push(String(text)) > 0 },
    () => clock.now,
  );
  return { printer, written, clock };
}

describe('progressLine', () => {
  it('says what is done and what is left at the rate so far', () => {
    expect(progressLine(progress)).toBe('seed 4 (2 of 10) · 15 % · 0:09 elapsed, ETA 0:51');
    expect(progressLine({ ...progress, doneSteps: 0 })).toBe('seed 4 (2 of 10) · 0 % · 0:09 elapsed, ETA –');
  });

  it('says which autoencoder trains while no steps are taken', () => {
    expect(progressLine({ ...progress, preparing: { method: 'ae-mir', share: 0.409 } })).toBe(
      'seed 4 (2 of 10) · 15 % · autoencoder of ae-mir, 40 % · 0:09 elapsed, ETA 0:51',
    );
    expect(progressLine({ ...progress, preparing: null })).toBe(progressLine(progress));
  });

  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [65, '1:05'],
    [7_207, '2:00:07'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('ProgressPrinter', () => {
  it('redraws one line on a terminal, at most four times a second', () => {
    const { printer, written, clock } = recorded(true);
    printer.update(progress);
    clock.now = 100;
    printer.update(progress);
    clock.now = 260;
    printer.update(progress);
    printer.line('done');
    expect(written).toEqual([
      `\r\x1b[K${progressLine(progress)}`,
      `\r\x1b[K${progressLine(progress)}`,
      '\r\x1b[Kdone\n',
    ]);
  });

  it('writes only whole lines to a file', () => {
    const { printer, written } = recorded(false);
    printer.update(progress);
    printer.line('done');
    expect(written).toEqual(['done\n']);
  });
});
