// Repetitions: how many, how long between them, what is never repeated; and how long a pause may be.
import { expect } from 'vitest';
import { Connection } from '../../src/connection/connection.ts';
import { backoffMs, pause, retryAfterMs, shownDuration, withDeadline } from '../../src/connection/patience.ts';
import { comfy, settled } from './servers.ts';
import { test } from '../helpers/concurrent.ts';

test('back-off grows, is never the same for all, and has a cap', () => {
  for (let tried = 0; tried < 40; tried++) {
    const base = Math.min(5000, 200 * 2 ** tried);
    for (let i = 0; i < 50; i++) {
      expect(backoffMs(tried)).toBeGreaterThanOrEqual(Math.floor(base * 0.75));
      expect(backoffMs(tried)).toBeLessThanOrEqual(Math.ceil(base * 1.25));
    }
  }
  expect(new Set(Array.from({ length: 50 }, () => backoffMs(3))).size).toBeGreaterThan(5);
});

test.each([
  ['2', 2000],
  [' 2 ', 2000],
  ['0', 0],
  ['999999', 300_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (header, ms) => {
  expect(retryAfterMs(header)).toBe(ms);
});

test.each([
  [8000, '8 s'],
  [2600, '2.6 s'],
  [250, '250 ms'],
  [600_000, '10 min'],
])('%i ms is %s', (ms, text) => {
  expect(shownDuration(ms)).toBe(text);
});

test('a pause ends with its signal, at once', async () => {
  const abort = new AbortController();
  const waiting = settled(() => pause(60_000, abort.signal));
  abort.abort(new Error('enough'));
  expect(await waiting).toMatchObject({ error: { message: 'enough' } });
  await expect(pause(60_000, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
});

test('a deadline beside a signal: either ends it, with its own reason', async () => {
  using soon = withDeadline(1, new AbortController().signal);
  await expect(pause(60_000, soon.signal)).rejects.toThrow(/over/);
  using aborted = withDeadline(60_000, AbortSignal.abort(new Error('mine')));
  await expect(pause(60_000, aborted.signal)).rejects.toThrow('mine');
});

/** The pauses before repetitions, in ms, as the log has them. */
const waitsIn = (lines: readonly string[]): readonly number[] =>
  lines.map((line) => Number(/; again in ([\d.]+) ms$/.exec(line)?.[1] ?? NaN)).filter((ms) => !Number.isNaN(ms));

test.each([
  [0, 1],
  [2, 3],
])('--retries %i: so often it is repeated', async (retries, asked) => {
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/queue') return undefined;
    response.writeHead(500).end();
    return true;
  });
  await using server = new Connection({ host: named.url, retries });
  await server.handshake();
  await expect(server.queue()).rejects.toMatchObject({ reason: 'server_error' });
  expect(named.seen.filter(({ path }) => path === '/api/queue')).toHaveLength(asked);
});

test('429 is repeated after what Retry-After says, then it is `rate_limited`', async () => {
  const times: number[] = [];
  await using named = await comfy((request, response) => {
    if (request.url !== '/api/queue') return undefined;
    times.push(performance.now());
    response.writeHead(429, { 'retry-after': '1' }).end();
    return true;
  });
  const lines: string[] = [];
  await using server = new Connection({ host: named.url, retries: 1, trace: (line) => void lines.push(line) });
  await expect(server.queue()).rejects.toMatchObject({ code: 'auth', reason: 'rate_limited' });
  expect(times).toHaveLength(2);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(950);
  expect(waitsIn(lines)).toEqual([1000]);
});

test('the patience for a server in mid-run is exact too, and said once', async () => {
  let isDown = false;
  await using named = await comfy((request) => {
    if (isDown) request.socket.destroy();
    return isDown;
  });
  const notes: string[] = [];
  const lines: string[] = [];
  await using server = new Connection({
    host: named.url,
    retries: 0,
    waitForServerMs: 1500,
    notify: (m) => void notes.push(m),
    trace: (line) => void lines.push(line),
  });
  await server.handshake();
  isDown = true;
  const { error, ms } = await settled(() => server.queue());
  expect(error).toMatchObject({ reason: 'server_gone' });
  expect(ms).toBeGreaterThan(1400);
  expect(ms).toBeLessThan(2400);
  expect(waitsIn(lines).reduce((sum, wait) => sum + wait, 0)).toBeLessThan(1510); // no pause goes beyond it
  expect(notes).toEqual([expect.stringMatching(/^waiting for .* \(1\.5 s\)/)]);
  // the patience is spent: one look, no second wait
  const before = named.seen.length;
  const began = performance.now();
  expect(await server.comesBack()).toBe(false);
  expect(performance.now() - began).toBeLessThan(1000);
  expect(named.seen.length - before).toBe(1);
});
