// How often the file of the newest preview is written. The clock is set by hand, the disk is real.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PreviewFile } from '../../src/jobs/preview-file.ts';
import { Workplace } from '../helpers/cli.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Until what is written now is there, after which it waits for the clock. */
async function settled(): Promise<void> {
  while (vi.getTimerCount() === 0) await setImmediate();
}

test('of 100 previews a second 15 are written, and the last one at the end', async () => {
  await using place = await Workplace.create();
  const path = join(place.folder, 'now.jpg');
  const file = new PreviewFile(path);
  const written = new Set<string>();
  for (let preview = 1; preview <= 100; preview++) {
    file.take(Buffer.from(`preview ${preview}`));
    await settled();
    written.add(await readFile(path, 'utf8'));
    vi.advanceTimersByTime(10);
  }
  expect(written.has('preview 1')).toBe(true);
  expect(written.size).toBeGreaterThan(5);
  expect(written.size).toBeLessThanOrEqual(15);
  file.take(Buffer.from('the last'));
  await file.end(); // with the clock standing still
  expect(await readFile(path, 'utf8')).toBe('the last');
  expect(file.problem()).toBeUndefined();
});
