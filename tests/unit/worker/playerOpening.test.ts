import { expect, it } from 'vitest';
import { quiet, RecordedPlayer } from './recordedPlayer.ts';

it('reads files that are given up while they are opened no further, and changes nothing', async () => {
  let read = 0;
  const recorded: RecordedPlayer = new RecordedPlayer({
    openFiles: async (_, onProgress) => {
      for (; ; read++) {
        onProgress({ what: 'files', loaded: read, total: 1e9 });
        if (read === 3) recorded.player.handle({ kind: 'stopOpening' });
        await quiet(0);
      }
    },
  });
  recorded.player.handle({ kind: 'openData', files: [new File(['x'], 'train-images')] });
  recorded.start(1);
  await recorded.paused(1);
  await recorded.player.close();
  expect(read).toBe(4);
  const kinds = recorded.reports.map(({ kind }) => kind);
  expect(kinds).toContain('openingStopped');
  expect(kinds).not.toContain('dataRefused');
});
