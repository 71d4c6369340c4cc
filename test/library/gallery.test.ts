// gallery and grid of a program's calls: a page and a sheet of the files, written when the jobs have ended.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, ComfyUIPool, type JobEvent } from '../../src/index.ts';
import { readPixels } from '../../src/media/pixels.ts';
import { Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const small = { width: 64, height: 64, steps: 2, seed: 7 };

type Data = { readonly pictures: readonly { readonly name: string; readonly values: { readonly prompt?: string } }[] };

async function picturesOn(page: string): Promise<Data['pictures']> {
  const html = await readFile(page, 'utf8');
  const [, json = ''] = /<script type="application\/json" id="gallery">(.*)<\/script>/.exec(html) ?? [];
  return (JSON.parse(json) as Data).pictures;
}

async function eventsOf(source: AsyncIterable<JobEvent>): Promise<readonly JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of source) events.push(event);
  return events;
}

const warnings = (events: readonly JobEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

test('a job writes page and sheet before its done, and says where; so do run, submit and attach', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const output = join(place.folder, 'out');
  const client = new ComfyUIClient({ host: demo.url });
  const grid = join(place.folder, 'sheet.png');
  const job = await client.generate({ prompt: 'a fox', ...small, output, gallery: true, grid });
  const events = await eventsOf(job);
  const { files } = await job.result();
  expect(await picturesOn(join(output, 'index.html'))).toMatchObject([
    { name: files[0]?.path?.replace(/^.*[\\/]/, ''), values: { prompt: 'a fox' } },
  ]);
  expect((await readPixels(await readFile(grid)))?.width).toBeGreaterThan(64);
  expect(warnings(events)).toContain(`gallery: ${join(output, 'index.html')} (1 picture)`);
  expect(warnings(events)).toContain(`grid: ${grid} (1 picture)`);
  expect(events.at(-1)?.type).toBe('done');

  const { workflow } = await client.plan({ prompt: 'a hare', ...small });
  const [run, submit, attach] = ['run', 'submit', 'attach'].map((name) => join(place.folder, name, 'page.html'));
  await (await client.run(workflow, { output, gallery: run })).result();
  await (await client.submit(workflow, { output, gallery: submit })).result();
  await (await client.attach(job.prompt_id, { output, gallery: attach })).result();
  for (const page of [run, submit, attach]) expect(await picturesOn(page ?? '')).toHaveLength(1);
});

test('a batch writes one of all its jobs, in the order of the rows', async () => {
  await using one = await startDemo();
  await using two = await startDemo();
  await using place = await Workplace.create();
  const pool = new ComfyUIPool([one.url, two.url]);
  const rows = ['a fox', 'a hare', 'an owl'].map((prompt) => ({ prompt, ...small }));
  const options = { output: place.folder, gallery: join(place.folder, 'page.html') };
  const events = await eventsOf(pool.batch(rows, options));
  const pictures = await picturesOn(options.gallery);
  expect(pictures.map(({ values }) => values.prompt)).toEqual(['a fox', 'a hare', 'an owl']);
  expect(warnings(events)).toContain(`gallery: ${options.gallery} (3 pictures)`);
});

/** A place whose folder for pages becomes a file, as the check before sending does not see it. */
function spoiledLater(place: Workplace) {
  const pages = join(place.folder, 'pages');
  const spoil = async (): Promise<void> => {
    await rm(pages, { recursive: true });
    await writeFile(pages, 'x');
  };
  return { options: { ...small, output: join(place.folder, 'out'), gallery: join(pages, 'page.html') }, spoil };
}

test('a page that cannot be written fails the job as save; its files stay', async () => {
  await using demo = await startDemo({ stepMs: 5 });
  await using place = await Workplace.create();
  const { options, spoil } = spoiledLater(place);
  const client = new ComfyUIClient({ host: demo.url });
  const before = await client.generate({ prompt: 'a wall', ...small, steps: 10_000 });
  const job = await client.generate({ prompt: 'a fox', ...options });
  await spoil();
  await before.cancel();
  await expect(job.result()).rejects.toMatchObject({ code: 'save' });
  const end = (await eventsOf(job)).at(-1);
  expect(end).toMatchObject({ type: 'failed', result: { ok: false, error: { code: 'save' }, files: [{}] } });
  expect(await place.files('out')).toHaveLength(1);
});

test('a batch throws it after its last event', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const { options, spoil } = spoiledLater(place);
  const types: string[] = [];
  const follow = async (): Promise<void> => {
    for await (const event of new ComfyUIPool([demo.url]).batch([{ prompt: 'a fox' }], options)) {
      if (event.type === 'done') await spoil();
      types.push(event.type);
    }
  };
  await expect(follow()).rejects.toMatchObject({ code: 'save' });
  expect(types.at(-1)).toBe('done');
});

test('what cannot be is found before anything is sent', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const client = new ComfyUIClient({ host: demo.url });
  const output = place.folder;
  for (const [options, told] of [
    [{ gallery: true }, /^gallery.*needs output/],
    [{ grid: 'sheet.png' }, /^grid.*needs output/],
    [{ output, gallery: 'page.txt' }, /page\.txt: a page's name ends with \.html/],
    [{ output, gallery: 5 as never }, /^gallery: /],
    [{ output, grid: join(output, 'sheet.txt') }, /a sheet is a picture/],
  ] as const)
    await expect(client.generate({ prompt: 'a fox', ...small, ...options })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(told) as string,
    });
  expect(await client.history()).toEqual([]);
  const job = await client.generate({ prompt: 'a fox', ...small, gallery: false });
  expect((await job.result()).ok).toBe(true);
});
