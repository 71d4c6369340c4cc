// Bars on a terminal: nothing stale stays, whatever is typed or written in between, and the terminal is given back.
import { describe, expect, test, vi } from 'vitest';
import { barRenderer, jobTitle } from '../../../src/cli/output/bar.ts';
import { Canvas } from '../../../src/cli/output/canvas.ts';
import { JobLine } from '../../../src/cli/output/job-line.ts';
import { fitting } from '../../../src/cli/output/live-bars.ts';
import { noPaint } from '../../../src/cli/output/paint.ts';
import { poolRenderer } from '../../../src/cli/output/pool-bars.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { JobEvent, JobNews } from '../../../src/jobs/events.ts';
import { Screen } from './screen.ts';

const streamOf = (screen: Screen): NodeJS.WriteStream => screen as unknown as NodeJS.WriteStream;
const terminalOf = (screen: Screen): Terminal =>
  ({ err: (text: string) => screen.type(text), columns: () => screen.columns }) as unknown as Terminal;
const server = 'http://127.0.0.1:8188';
const event = (news: JobNews): JobEvent => ({ ...news, v: 1, row: 1, prompt_id: 'a', at: 0 });
const step = (value: number): JobEvent =>
  event({ type: 'progress', node: '3', value, max: 40, share: value / 40, eta_ms: 3000 });
const sampler = event({ type: 'node', node: '3', title: 'KSampler', class_type: 'KSampler', state: 'running' });

describe('the canvas', () => {
  test.each(['\n', 'ls\n', '^C'])('what is typed meanwhile, %j, leaves no stale line', (typed) => {
    const screen = new Screen();
    const canvas = new Canvas(streamOf(screen));
    screen.type('$ comfy-gen x\n');
    canvas.draw(['first 1', 'second 1']);
    screen.type(typed);
    canvas.draw(['first 2', 'second 2']);
    expect(screen.text.filter((line) => /first|second/.test(line))).toEqual(['first 2', 'second 2']);
    expect([screen.hasCursor, screen.wraps]).toEqual([false, true]);
    canvas.clear();
    screen.type('$ ');
    expect(screen.text).toEqual(['$ comfy-gen x', ...(typed.includes('ls') ? ['ls'] : []), '$']);
    expect(screen.hasCursor).toBe(true);
  });

  test('what is written aside stays above; meanwhile nothing is drawn, then the last frame is', async () => {
    const screen = new Screen();
    const canvas = new Canvas(streamOf(screen));
    canvas.draw(['bar 1']);
    await canvas.aside(async () => {
      screen.type('half a ');
      canvas.draw(['bar 2']);
      await Promise.resolve();
      screen.type('line\n');
      expect(screen.text).toEqual(['half a line']);
    });
    expect(screen.text).toEqual(['half a line', 'bar 2']);
  });

  test('a low terminal takes as many lines as it has room for', () => {
    const screen = new Screen({ rows: 4 });
    new Canvas(streamOf(screen)).draw(['1', '2', '3', '4']);
    expect(screen.text).toEqual(['1', '2']);
  });
});

test('one job: its spinner, its bar, what is said in between, and a clean end', async () => {
  const screen = new Screen();
  const renderer = await barRenderer(terminalOf(screen), streamOf(screen), noPaint);
  expect(screen.text).toEqual([expect.stringMatching(/^\S connecting$/)]);
  screen.type('\n');
  renderer.note('a note', 'info');
  await renderer.aside(() => Promise.resolve());
  expect(screen.text).toEqual(['a note', expect.stringContaining('connecting')]);
  for (const one of [event({ type: 'started' }), sampler, step(2)])
    renderer.event(one, server, { wasSent: false, prompt: null });
  screen.type('\n');
  await renderer.aside(() => Promise.resolve(screen.type('out/a.png\n')));
  expect(screen.text).toEqual(['a note', 'out/a.png', expect.stringMatching(/^[━─]+ 0 % {2}\w+$/)]);
  renderer[Symbol.dispose]();
  expect(screen.text).toEqual(['a note', 'out/a.png']);
  expect([screen.hasCursor, screen.wraps]).toEqual([true, true]);
});

test('of 1,000 steps a second the bar is drawn 15 times', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const screen = new Screen();
    const renderer = await barRenderer(terminalOf(screen), streamOf(screen), noPaint);
    const tell = (one: JobEvent): void => renderer.event(one, server, { wasSent: false, prompt: null });
    tell(event({ type: 'started' }));
    tell(sampler);
    const before = screen.frames;
    for (let ms = 0; ms < 1000; ms++) {
      tell(step(ms / 25));
      vi.advanceTimersByTime(1);
    }
    expect(screen.frames - before).toBeGreaterThan(5);
    expect(screen.frames - before).toBeLessThanOrEqual(15);
    expect(screen.text.at(-1)).toMatch(/ KSampler 39\./);
    renderer[Symbol.dispose]();
  } finally {
    vi.useRealTimers();
  }
});

test('the line above the bar: the id and the prompt, as wide as the terminal', async () => {
  const id = '01234567-89ab-cdef-0123-456789abcdef';
  const screen = new Screen();
  const renderer = await barRenderer(terminalOf(screen), streamOf(screen), noPaint);
  const submitted: JobEvent = { ...event({ type: 'submitted', server }), prompt_id: id };
  renderer.event(submitted, server, { wasSent: false, prompt: 'a cat' });
  renderer[Symbol.dispose]();
  expect(screen.text).toEqual([`${id}  "a cat"`]);
  const long = 'a lighthouse at dusk, heavy seas, oil on canvas, a small boat far out';
  expect(jobTitle(id, long, 80)).toBe(`${id}  "a lighthouse at dusk, heavy seas, oil o…"`);
  expect(jobTitle(id, long, 80)).toHaveLength(80);
  expect(jobTitle(id, long, 40)).toBe('01234567  "a lighthouse at dusk, heavy…"');
  expect(jobTitle(id, 'a\n\u001b[31mred fox', 40)).toBe('01234567  "a red fox"');
  expect(jobTitle(id, '', 40)).toBe(id);
});

test('what a node is busy with stands beside its name; in a narrow line the time left is kept longest', () => {
  const line = new JobLine();
  line.take(sampler);
  line.take(step(2));
  line.take(event({ type: 'activity', node: '3', title: 'KSampler', text: 'loading' }));
  expect(line.text(80)).toBe('KSampler 2/40  loading  3 s left');
  expect(line.text(26)).toBe('KSampler 2/40  3 s left');
  expect(line.text(16)).toBe('KSampler 2/40');
});

test('many jobs: a bar for all and one a server, and a clean end', async () => {
  const screen = new Screen({ columns: 40 });
  const counts = { total: 5, skipped: 0 };
  const renderer = await poolRenderer(terminalOf(screen), streamOf(screen), noPaint, [server], counts);
  expect(screen.text).toEqual(['────── 0/5  0 images', '127.0.0.1:8188  ────── idle  0 done']);
  screen.type('\n');
  renderer.serverIs(server, 'lost');
  await renderer.aside(() => Promise.resolve(screen.type('out/a.png\n')));
  expect(screen.text).toEqual([`${server} does not answer`, 'out/a.png', ...screen.text.slice(-2)]);
  renderer[Symbol.dispose]();
  expect(screen.text).toEqual([`${server} does not answer`, 'out/a.png']);
  expect([screen.hasCursor, screen.wraps]).toEqual([true, true]);
});

test('what does not fit is left out whole', () => {
  expect(fitting(['1/4', '1 image', '6 s left'], 40)).toBe('1/4  1 image  6 s left');
  expect(fitting(['1/4', '1 image', '6 s left'], 15)).toBe('1/4  1 image');
  expect(fitting(['far too long'], 5)).toBe('far too long');
});
