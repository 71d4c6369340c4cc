// Files that jobs start from: those that the server lacks, masks as other programs write them, what a request's body held.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { readPixels } from '../../src/media/pixels.ts';
import { encodePng } from '../../src/media/png.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { Workplace } from '../helpers/cli.ts';
import { makePng } from '../helpers/png.ts';

const demo = (): Promise<Demo> => startDemo({ stepMs: 2 });
const loading = (image: string): Workflow => ({
  '1': { class_type: 'LoadImage', inputs: { image } },
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'x' } },
});
const save = (place: Workplace, name: string, content: unknown): Promise<void> =>
  writeFile(join(place.folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
const white = (side: number): Uint8Array =>
  encodePng({ width: side, height: side, rgb: new Uint8Array(side * side * 3).fill(255) });

/** Left half, right half, in red, green, blue, alpha. */
const rgba = (left: readonly number[], right: readonly number[]): Uint8Array =>
  makePng({ width: 8, height: 8, depth: 8, color: 6 }, (x, _y, channel) => (x < 4 ? left : right)[channel] ?? 0);

describe('a file that the server lacks', () => {
  test('is found in a dry run, beside other problems; one that it has is none', async () => {
    await using server = await demo();
    await using place = await Workplace.create();
    await save(place, 'w.json', loading('gone.png'));
    const dry = await place.run(['run', 'w.json', '--host', server.url, '--dry-run', '--json']);
    expect(dry.code, dry.err).toBe(4);
    expect(dry.err).toContain('#1 LoadImage: `image`: the server has no input file gone.png');
    expect(dry.err).toMatch(/hint: .*--image.*upload/);

    const two = { ...loading('gone.png'), '3': { class_type: 'NoSuchNode', inputs: { image: ['1', 0] } }, '4': { class_type: 'SaveImage', inputs: { images: ['3', 0], filename_prefix: 'y' } } }; // prettier-ignore
    await save(place, 'two.json', two);
    const both = await place.run(['run', 'two.json', '--host', server.url, '--dry-run']);
    expect(both.err).toContain('NoSuchNode');
    expect(both.err).toContain('gone.png');

    await save(place, 'there.png', white(8));
    const { out: name } = await place.run(['upload', 'there.png', '--host', server.url]);
    await save(place, 'ok.json', loading(name.trim()));
    expect((await place.run(['run', 'ok.json', '--host', server.url, '--dry-run'])).code).toBe(0);
    expect((await place.run(['run', 'ok.json', '--host', server.url, '--set', '1.image=no.png [output]'])).err).toContain('the server has no output file no.png'); // prettier-ignore
  });

  test('by an absolute path: sent from the workflow and the working folder, never from elsewhere', async () => {
    await using server = await demo();
    await using place = await Workplace.create();
    await using other = await Workplace.create();
    await mkdir(join(place.folder, 'flows'));
    await save(place, 'here.png', white(8));
    await save(place, 'flows/w.json', loading(join(place.folder, 'here.png')));
    const sent = await place.run(['run', 'flows/w.json', '--host', server.url]);
    expect(sent.code, sent.err).toBe(0);
    await save(place, 'w.json', loading('/no/such/cat.png'));
    const absent = await place.run(['run', 'w.json', '--host', server.url, '--dry-run']);
    expect(absent.code).toBe(4);
    expect(absent.err).toContain('/no/such/cat.png');
    await save(other, 'private.png', white(8));
    await save(place, 'w.json', loading(join(other.folder, 'private.png')));
    await place.run(['run', 'w.json', '--host', server.url]);
    expect(server.log.filter(({ path }) => path.endsWith('/upload/image'))).toHaveLength(1);
  });
});

test('-i takes pictures only', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  await save(place, 'w.json', loading('x.png'));
  const { code, err } = await place.run(['a cat', '-i', 'w.json', '--host', server.url]);
  expect(code).toBe(2);
  expect(err).toContain('w.json is no picture');
  expect(server.log.filter(({ method }) => method === 'POST')).toEqual([]);
});

describe('a mask', () => {
  const clear = [0, 0, 0, 0];
  test.each([
    ['transparent where to paint', rgba(clear, [10, 90, 40, 255]), /repainted where it is transparent/],
    ['white on transparent', rgba([255, 255, 255, 255], [255, 255, 255, 0]), /repainted where it is white/],
  ])('%s is sent as black and white', async (_what, mask, said) => {
    await using server = await demo();
    await using place = await Workplace.create();
    await save(place, 'p.png', white(8));
    await save(place, 'm.png', mask);
    const args = ['x', '-i', 'p.png', '--mask', 'm.png', '-s', '1', '--host', server.url];
    const { code, out, err } = await place.run([...args, '--save-workflow', '--json']);
    expect(code, err).toBe(0);
    expect(err).toMatch(said);
    const { workflow_file: file } = JSON.parse(out) as { workflow_file: string };
    const graph = JSON.parse(await readFile(join(place.folder, file), 'utf8')) as Workflow;
    const name = Object.values(graph).find(({ class_type }) => class_type === 'LoadImageMask')?.inputs[
      'image'
    ] as string;
    const stored = await fetch(`${server.url}/view?type=input&filename=${name}`);
    const pixels = await readPixels(new Uint8Array(await stored.arrayBuffer()));
    expect([pixels?.rgba[0], pixels?.rgba[3], pixels?.rgba[7 * 4]]).toEqual([255, 255, 0]);
  });

  test.each([
    ['transparent where to paint', rgba(clear, [10, 90, 40, 255]), /repainted where it is transparent/],
    ['white where to paint', rgba([255, 255, 255, 255], [0, 0, 0, 255]), /^(?!.*repainted)/s],
  ])('%s is what any node of a workflow reads, by colour or by alpha', async (_what, mask, said) => {
    await using server = await demo();
    await using place = await Workplace.create();
    const graph: Workflow = {
      '1': { class_type: 'LoadImage', inputs: { image: 'x.png' } },
      '2': { class_type: 'MaskToImage', inputs: { mask: ['1', 1] } },
      '3': { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'x' } },
    };
    await save(place, 'w.json', graph);
    await save(place, 'm.png', mask);
    const args = ['run', 'w.json', '--mask', 'm.png', '--host', server.url, '--save-workflow', '--json'];
    const { code, out, err } = await place.run(args);
    expect(code, err).toBe(0);
    expect(err).toMatch(said);
    const { workflow_file: file } = JSON.parse(out) as { workflow_file: string };
    const sent = JSON.parse(await readFile(join(place.folder, file), 'utf8')) as Workflow;
    const stored = await fetch(`${server.url}/view?type=input&filename=${sent['1']?.inputs['image'] as string}`);
    const pixels = await readPixels(new Uint8Array(await stored.arrayBuffer()));
    expect([...(pixels?.rgba.subarray(0, 4) ?? [])]).toEqual([255, 255, 255, 0]);
    expect([...(pixels?.rgba.subarray(28, 32) ?? [])]).toEqual([0, 0, 0, 255]);
  });

  test('that repaints nothing, or everything, is told', async () => {
    await using server = await demo();
    await using place = await Workplace.create();
    await save(place, 'p.png', white(8));
    await save(place, 'black.png', encodePng({ width: 8, height: 8, rgb: new Uint8Array(192) }));
    const args = ['x', '-i', 'p.png', '--host', server.url, '--dry-run', '--mask'];
    expect((await place.run([...args, 'black.png'])).err).toMatch(/warning: black\.png is black everywhere/);
    expect((await place.run([...args, 'p.png'])).err).toMatch(/warning: p\.png is white everywhere/);
  });
});

test('what other programs call a sampler, and their LoRA tags in a prompt', async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const args = ['a <lora:film:0.8> cat', '--sampler', 'DPM++ 2M Karras', '--host', server.url, '--dry-run'];
  const { code, out, err } = await place.run(args);
  expect(code, err).toBe(0);
  expect(out).toContain('a <lora:film:0.8> cat');
  expect(out).toMatch(/"sampler_name": "dpmpp_2m",\s+"scheduler": "karras"/);
  expect(err).toMatch(/warning: <lora:film:0\.8> .*--lora film:0\.8/);
  expect(err).toContain('sampler DPM++ 2M Karras is dpmpp_2m with scheduler karras');
});

test("a request's body keeps its extra_data and its place in the queue", async () => {
  await using server = await demo();
  await using place = await Workplace.create();
  const graph = { '1': { class_type: 'EmptyImage', inputs: { width: 8, height: 8, batch_size: 1, color: 1 } }, '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'a' } }, '3': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'b' } } }; // prettier-ignore
  await save(place, 'body.json', {
    prompt: graph,
    front: true,
    number: -7,
    partial_execution_targets: ['3'],
    extra_data: { mine: 1 },
  });
  const { code, out, err } = await place.run(['run', 'body.json', '--host', server.url, '--json', '--name', '{name}']);
  expect(code, err).toBe(0);
  const { files, prompt_id: id } = JSON.parse(out) as { files: { filename: string }[]; prompt_id: string };
  const history = (await (await fetch(`${server.url}/history/${id}`)).json()) as Record<string, { prompt: unknown[] }>;
  expect(history[id]?.prompt[0]).toBe(-7);
  expect(history[id]?.prompt[3]).toMatchObject({ mine: 1 });
  expect(files.map(({ filename }) => filename)).toEqual([expect.stringMatching(/^b/)]);
});
