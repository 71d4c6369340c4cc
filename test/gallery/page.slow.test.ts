// The gallery page in a real Chromium: hostile texts, table, filter, keys, comparison, screen reader, no network, thousands.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng } from '../../src/media/png.ts';
import { Browser, chromium } from '../helpers/chromium.ts';
import { Workplace } from '../helpers/cli.ts';

const why = chromium === undefined ? ' (skipped: no Chromium on this machine)' : '';
const hostile = `</script><img src=x onerror="document.title='broken in'"><b>bold</b>`;
const tiny = { width: 8, height: 8, rgb: new Uint8Array(192).fill(120) };

describe.skipIf(chromium === undefined)(`the gallery page${why}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start();
  });
  afterAll(async () => browser[Symbol.asyncDispose]());

  const open = (place: Workplace, page: string, hash = ''): Promise<void> =>
    browser.open(`${pathToFileURL(join(place.folder, page)).href}${hash}`);
  const texts = (selector: string): Promise<unknown> =>
    browser.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.textContent)`);
  const focused = (): Promise<unknown> =>
    browser.evaluate(`document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent`);

  test('what files carry is text and never markup', async () => {
    await using place = await Workplace.create();
    writeFileSync(
      join(place.folder, `<img src=x onerror=alert(1)> #%.png`),
      encodePng(tiny, {
        parameters: `${hostile}\nNegative prompt: ${hostile}\nSteps: 5, Seed: 7, Size: 8x8, Model: ${hostile}`,
      }),
    );
    await place.run(['gallery', '.', '-o', 'page.html']);
    await open(place, 'page.html', '#picture=0');
    expect(await browser.evaluate('document.title')).not.toBe('broken in');
    expect(await texts('.prompt')).toEqual([hostile]);
    expect(await texts('dd')).toContain(hostile);
    expect(await browser.evaluate(`document.querySelectorAll('b b, main b > *, img[onerror], dialog b').length`)).toBe(
      0,
    );
    expect(await browser.evaluate(`[...document.images].every((one) => one.complete && one.naturalWidth === 8)`)).toBe(
      true,
    );
  });

  test('a sweep is a table; filter, comparison and the large view work by keys alone, and nothing is loaded', async () => {
    await using server = await startDemo();
    await using place = await Workplace.create();
    const { code } = await place.run([
      ...['--host', server.url, 'a fox', '--size', '256x192', '--seed', '5', '-o', 'out', '--gallery'],
      ...['--name', '20261129_110233_{name}'],
      ...['--sweep', 'cfg=4,7,10', '--sweep', 'steps=1,2', '--sweep', 'sampler=euler,heun'],
    ]);
    expect(code).toBe(0);
    browser.requested.length = 0;
    await open(place, 'out/index.html');
    expect(await texts('thead th')).toEqual(['cfg', 'steps 1', 'steps 2']);
    expect(await texts('tbody th')).toEqual(['cfg 4', 'cfg 7', 'cfg 10']);
    expect(await texts('td .chips')).toHaveLength(12);
    expect(await texts('td:first-of-type .chips')).toContain('sampler heunseed 5');

    await browser.press('/');
    for (const key of 'cfg 10') await browser.press(key);
    expect(await texts('header [role=status]')).toEqual(['4 of 12 pictures']);

    await open(place, 'out/index.html', '#view=grid&order=oldest');
    await browser.evaluate(`document.querySelector('.open').focus()`);
    await browser.press('Enter');
    expect(await texts('dialog pre')).toEqual([expect.stringMatching(/^comfy-gen -p 'a fox' .*--seed 5$/)]);
    const first = await texts('dialog h2');
    await browser.press('ArrowRight');
    expect(await texts('dialog h2')).not.toEqual(first);
    await browser.press('Escape');
    expect(await texts('dialog[open]')).toEqual([]);

    for (const i of [0, 1]) {
      await browser.evaluate(`document.querySelectorAll('.pick input')[${i}].focus()`);
      await browser.press(' ');
    }
    await browser.evaluate(`document.querySelector('.tray .main').focus()`);
    await browser.press('Enter');
    expect(await focused()).toBe('How much of the first picture shows, in percent');
    await browser.press('ArrowRight');
    expect(await browser.evaluate(`document.querySelector('.halves').style.getPropertyValue('--split')`)).toBe('51%');
    expect(await texts('dialog tbody th')).toContain('sampler');
    const told = await browser.accessible();
    for (const one of ['dialog Before and after', 'image before: a fox', 'image after: a fox', 'button Side by side'])
      expect(told).toContain(one);
    expect(browser.requested.filter((url) => !url.startsWith('file:'))).toEqual([]);
  });

  test('three thousand pictures: a page of bounded size that shows the first ones and finds each', async () => {
    await using place = await Workplace.create({
      'one.png': encodePng(tiny, { parameters: 'a fox\nSteps: 5, Seed: 1' }),
    });
    for (let i = 0; i < 3000; i++) cpSync(join(place.folder, 'one.png'), join(place.folder, `many-${i}.png`));
    const { code, out } = await place.run(['gallery', '.', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ page: 'index.html', pictures: 3001 });
    await open(place, 'index.html');
    expect(await browser.evaluate(`document.documentElement.outerHTML.length`)).toBeLessThan(4_000_000);
    const cards = await browser.evaluate(`document.querySelectorAll('.card').length`);
    expect(cards).toBeGreaterThanOrEqual(200);
    expect(cards).toBeLessThan(1500);
    await browser.press('/');
    for (const key of 'many-2718') await browser.press(key);
    expect(await texts('header [role=status]')).toEqual(['1 of 3001 pictures']);
  });
});
