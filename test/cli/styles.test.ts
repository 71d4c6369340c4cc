// Styles: words around the prompt, LoRAs, and options under everything that was said; out of three kinds of files.
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient } from '../../src/index.ts';
import { jsonLines, linesByRow, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const ink = { prompt: 'ink drawing of {prompt}, {prompt} in black', negative: 'colour', lora: 'ink.safetensors:0.5', steps: 3, cfg: 4 }; // prettier-ignore
const files = {
  'styles/ink.json': JSON.stringify(ink),
  'styles/a1111.csv':
    'name,prompt,negative_prompt\n--- mine ---,,\nFilm,"grain, ""35mm""\nwide",blurry\nplain,,ugly\n,a line between groups,\n',
  'styles/fooocus.json': JSON.stringify([
    { name: 'Fooocus Sharp', prompt: 'cinematic still {prompt} . emotional', negative_prompt: 'anime, cartoon' },
  ]),
  'styles/package.json': '{"name":"no style"}',
  'styles/workflow.json': '{"1":{"class_type":"KSampler","inputs":{}}}',
  'styles/rows.csv': 'prompt,steps\na,3\n',
  '.comfyrc.json': '{"styles":"styles"}',
};
const models = {
  checkpoints: ['v1-5-pruned-emaonly.ckpt'],
  loras: ['ink.safetensors', 'own.safetensors'],
};
const small = ['--size', '64x64', '--json'];

test('several combine in order; what was said anywhere is over the options of a style', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create(files);
  const of = async (args: readonly string[], env = {}): Promise<Record<string, unknown>[]> =>
    jsonLines((await place.run([...args, '--host', demo.url, ...small], { env })).out);
  expect(await of(['a cat', '--style', 'ink', '--style', 'film', '-n', 'text'])).toMatchObject([
    {
      prompt: 'ink drawing of a cat, a cat in black, grain, "35mm"\nwide',
      prompt_given: 'a cat',
      negative: 'text, colour, blurry',
      steps: 3,
      cfg: 4,
      loras: [{ name: 'ink.safetensors', strength: 0.5 }],
    },
  ]);
  const [reversed] = await of([
    'a cat',
    '--style',
    'Film',
    '--style',
    'ink',
    '--steps',
    '2',
    '--lora',
    'own.safetensors',
  ]);
  expect(reversed).toMatchObject({
    prompt: 'ink drawing of a cat, grain, "35mm"\nwide, a cat, grain, "35mm"\nwide in black',
    negative: 'blurry, colour',
    steps: 2,
    cfg: 4,
    loras: [
      { name: 'ink.safetensors', strength: 0.5 },
      { name: 'own.safetensors', strength: 1 },
    ],
  });
  const named = await of(['a cat', '--style', 'ink', '--lora', 'ink.safetensors:0.9'], { COMFY_GEN_CFG: '6' });
  expect(named).toMatchObject([{ steps: 3, cfg: 6, loras: [{ name: 'ink.safetensors', strength: 0.9 }] }]);
  expect(await of(['a cat', '--style', 'plain'])).toMatchObject([
    { prompt: 'a cat', prompt_given: null, negative: 'ugly', steps: 25 },
  ]);
});

test('from the environment, a row, a sweep and a program; a row is over the style', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create({
    ...files,
    'rows.csv': 'prompt,style,steps\na fox,ink;Film,2\nan owl,,1\n',
  });
  const at = ['--host', demo.url, ...small];
  const prompts = (out: string): unknown[] => linesByRow(out).map(({ prompt, steps }) => [prompt, steps]);
  const env = await place.run(['a cat', ...at], {
    env: { COMFY_GEN_STYLE: '["Fooocus Sharp"]', COMFY_GEN_STEPS: '2' },
  });
  expect(prompts(env.out)).toEqual([['cinematic still a cat . emotional', 2]]);
  const rows = await place.run(['batch', 'rows.csv', ...at, '--styles', 'styles']);
  expect(prompts(rows.out)).toEqual([
    ['ink drawing of a fox, a fox in black, grain, "35mm"\nwide', 2],
    ['an owl', 1],
  ]);
  const swept = await place.run(['a cat', '-s', '1', '--sweep', 'style=ink,plain', ...at]);
  expect(linesByRow(swept.out).map(({ sweep, prompt }) => [sweep, prompt])).toEqual([
    [{ style: 'ink' }, 'ink drawing of a cat, a cat in black'],
    [{ style: 'plain' }, 'a cat'],
  ]);
  await using client = new ComfyUIClient({ host: demo.url });
  const styles = join(place.folder, 'styles');
  const plan = await client.plan({ prompt: 'a cat', style: ['ink'], styles });
  expect([plan.steps, JSON.stringify(plan.workflow)]).toEqual([3, expect.stringContaining('ink drawing of a cat')]);
  expect(await client.list('styles', { styles })).toEqual(['--- mine ---', 'Film', 'plain', 'Fooocus Sharp', 'ink']);
});

test('a row is made anew when its style was edited, and only then', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create({ ...files, 'rows.csv': 'prompt,style,seed\na fox,ink,7\n' });
  const { writeFile } = await import('node:fs/promises');
  const again = (): Promise<{ out: string }> => place.run(['batch', 'rows.csv', '--host', demo.url, ...small]);
  expect(jsonLines((await again()).out)).toHaveLength(1);
  expect((await again()).out).toBe('');
  await writeFile(join(place.folder, 'styles/ink.json'), JSON.stringify({ ...ink, prompt: 'etching of {prompt}' }));
  expect(jsonLines((await again()).out)).toMatchObject([{ prompt: 'etching of a fox' }]);
});

test('a workflow keeps its values, and takes the words and LoRAs of a style', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create(files);
  const { out } = await place.run(['a house', '-n', 'people', '-s', '2', '--size', '64x64', '--host', demo.url, '--dry-run']); // prettier-ignore
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(place.folder, 'house.json'), out);
  const run = await place.run(['run', 'house.json', '--style', 'ink', '--host', demo.url, '--json']);
  expect(jsonLines(run.out)).toMatchObject([
    {
      prompt: 'ink drawing of a house, a house in black',
      prompt_given: 'a house',
      negative: 'people, colour',
      steps: 2,
    },
  ]);
  expect(run.err).toContain('only the prompt, the negative prompt and the LoRAs of a style are used');
  expect(run.err).toContain("the style's LoRA ink.safetensors is left out: this workflow has no node that holds");
});

test('the picture carries what was asked for, and inspect tells it', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create(files);
  await place.run(['a cat "at" night', '--style', 'ink', '--host', demo.url, '-o', 'cat.png', ...small]);
  const told = jsonLines((await place.run(['inspect', 'cat.png', '--json'])).out);
  expect(told).toMatchObject([
    { prompt: 'ink drawing of a cat "at" night, a cat "at" night in black', prompt_given: 'a cat "at" night' },
  ]);
});

test('list styles needs no server, and filters by words', async () => {
  await using place = await Workplace.create(files);
  const all = await place.run(['list', 'styles']);
  expect(all.out.split('\n').map((line) => line.split('\t')[0])).toEqual([
    '--- mine ---', 'Film', 'plain', 'Fooocus Sharp', 'ink', '',
  ]); // prettier-ignore
  expect(all.out).toContain('plain\tnot ugly\n');
  const one = await place.run(['list', 'styles', 'sharp', '--json']);
  expect(jsonLines(one.out)).toEqual([
    {
      name: 'Fooocus Sharp',
      prompt: 'cinematic still {prompt} . emotional',
      negative: 'anime, cartoon',
      lora: [],
      options: {},
      file: 'styles/fooocus.json',
    },
  ]);
  const none = await place.run(['list', 'styles', 'xyz']);
  expect([none.code, none.out, none.err]).toEqual([0, '', 'none of the styles has xyz in its name\n']);
  const bare = await place.run(['list', 'styles', '--no-config']);
  expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('--styles is missing')]);
});

test('what is wrong with names and files is usage, before anything is sent', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create({
    ...files,
    'bad/typo.json': '{"prompt":"{prompt}","step":3}',
    'package.json': '{"name":"no style","version":"1"}',
    'value.json': '{"prompt":"{prompt}","steps":"many"}',
    'seed.json': '{"prompt":"{prompt}","seed":3}',
    'broken.json': '{"prompt":',
    'two/a.json': '[{"name":"x","prompt":"a"}]',
    'two/b.json': '[{"name":"x","prompt":"b"}]',
    'growing.json': JSON.stringify({ prompt: '{prompt}'.repeat(10_000) }),
    'table.csv': 'prompt,negative_prompt\na,b\n',
  });
  const of = async (...args: string[]): Promise<string> => {
    const { code, err } = await place.run(['a cat', '--host', demo.url, ...args]);
    return `${String(code)} ${err.replace(/^.*demo server.*\n/m, '')}`;
  };
  const cases: readonly (readonly [string[], string])[] = [
    [['--style', 'filn'], '--style names a style that is not there: "filn"\ndid you mean Film?'],
    [['--style', 'ink', '--styles', 'nowhere'], 'cannot read nowhere'],
    [['--style', 'ink', '--no-config'], '--style needs to know where the styles are'],
    [['--styles', 'styles'], '--styles goes with a style'],
    [['--style', 'typo', '--styles', 'bad'], 'bad/typo.json: unknown key "step"\ndid you mean steps?'],
    [['--style', 'value', '--styles', 'value.json'], 'value.json: steps: "many" is not a whole number'],
    [['--style', 'x', '--styles', 'package.json'], 'package.json: unknown key "version"'],
    [['--style', 'seed', '--styles', 'seed.json'], 'seed.json: a style does not set seed'],
    [['--style', 'x', '--styles', 'broken.json'], 'broken.json: not JSON'],
    [['--style', 'x', '--styles', 'two'], 'style x is in two/a.json and in two/b.json'],
    [['--style', 'growing', '--style', 'growing', '--styles', 'growing.json'], 'more than a million letters'],
    [['--style', 'x', '--styles', 'table.csv'], 'table.csv: no column `name`'],
  ];
  for (const [args, message] of cases) {
    const said = await of(...args);
    expect(said.slice(0, 2)).toBe('2 ');
    expect(said.replace(/^ *(hint: )?/gm, '')).toContain(message);
  }
  expect(demo.log.filter(({ method }) => method === 'POST')).toEqual([]);
});
