// How often a reader is woken: by what is told once at once, by what is merged 60 times a second at most. The clock is set by hand.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MessageQueue } from '../../src/connection/message-queue.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function readAll(messages: MessageQueue<string>, read: string[]): Promise<void> {
  for (let item = await messages.next(60_000); item !== undefined; item = await messages.next(60_000)) {
    read.push(item);
    if (item === 'end') return;
  }
}

test('a step each millisecond for a second is read 60 times at most, and the last one before the end', async () => {
  const messages = new MessageQueue<string>();
  const read: string[] = [];
  const reading = readAll(messages, read);
  for (let step = 1; step <= 1000; step++) {
    messages.push(`step ${step}`, 'progress');
    await vi.advanceTimersByTimeAsync(1);
  }
  const steps = read.length;
  messages.push('step 1001', 'progress');
  messages.push('end');
  await reading; // with the clock standing still
  expect(steps).toBeGreaterThan(30);
  expect(steps).toBeLessThanOrEqual(60);
  expect(read.slice(-2)).toEqual(['step 1001', 'end']);
});

test('steps that come more slowly are read as they come', async () => {
  const messages = new MessageQueue<string>();
  const read: string[] = [];
  const reading = readAll(messages, read);
  for (const step of ['step 1', 'step 2', 'step 3']) {
    await vi.advanceTimersByTimeAsync(20);
    messages.push(step, 'progress');
    await vi.advanceTimersByTimeAsync(0);
    expect(read.at(-1)).toBe(step);
  }
  messages.push('end');
  await reading;
  expect(read).toEqual(['step 1', 'step 2', 'step 3', 'end']);
});

test('a reader whose patience is over gets what there is', async () => {
  const messages = new MessageQueue<string>();
  const waiting = messages.next(5);
  messages.push('step', 'progress');
  await vi.advanceTimersByTimeAsync(5);
  expect(await waiting).toBe('step');
});
