// Every command line of README.md and docs/ that a reader may copy runs as it stands there, against demo servers.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { encodePng } from '../../src/media/png.ts';
import { Workplace } from '../helpers/cli.ts';
import { readPrintedFile, readShellLine, shellLines, type ShellLine } from '../helpers/shell-line.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

/** What cannot be run here, by its words, and why. */
const cannotRun: readonly (readonly [RegExp, string])[] = [
  [/^(serve|mcp)\b/, 'runs until it is ended'],
  [/^(worker|enqueue)\b/, 'needs a Redis server'],
  [/(^| )--open( |$)/, 'opens a window'],
  [/(^| )--install( |$)|^config edit\b/, "changes the reader's shell or opens an editor"],
  [/(^| )-o -( |$)/, 'writes bytes where a test reads text'],
  [
    /(address|faulty)\.txt/,
    "reads what the line before wrote: the demo server's own page is run by test/demo/docs.slow.test.ts",
  ],
];

/** Addresses that the pages use for a reader's own servers; each is one of two demo servers here. */
const readersServers = /^(https:\/\/box\.example\/comfy|box\.example|box1?|a)$/;
const readersOtherServers = /^(box2|b:8000)$/;

/** Models that the pages name. */
const models = {
  checkpoints: [
    ...['v1-5-pruned-emaonly.ckpt', 'sd_xl_base_1.0.safetensors'],
    ...['sam3.1_multiplex_fp16.safetensors', 'sdpose_wholebody_fp16.safetensors'],
  ],
  controlnet: ['canny', 'openpose', 'softedge']
    .map((kind) => `control_v11p_sd15_${kind}.pth`)
    .concat('control_v11f1p_sd15_depth.pth'),
  geometry_estimation: ['depth_anything_3_mono_large.safetensors'],
  diffusion_models: ['z_image_turbo_bf16.safetensors'],
  text_encoders: ['qwen_3_4b.safetensors'],
  vae: ['ae.safetensors'],
  upscale_models: ['RealESRGAN_x4plus.safetensors'],
  loras: ['film.safetensors', 'detail.safetensors'],
};

const picture = encodePng({ width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3).fill(255) });
const pictures = ['photo.png', 'house.png', 'door-mask.png', 'mask.png', 'pose.png', 'cat.png'];
const texts: Readonly<Record<string, string>> = {
  'prompts.txt': 'a lighthouse\na harbour\n',
  'rows.jsonl': '{"prompt": "a fox", "steps": 5}\n{"prompt": "an owl", "size": "64x64"}\n',
  'rows.csv': 'prompt,steps\na fox,5\nan owl,6\n',
};

/** A folder with everything that the pages mention. */
async function readersFolder(place: Workplace, server: string): Promise<void> {
  for (const name of pictures) await writeFile(join(place.folder, name), picture);
  for (const [name, text] of Object.entries(texts)) await writeFile(join(place.folder, name), text);
  await mkdir(join(place.folder, 'pictures'), { recursive: true });
  await writeFile(join(place.folder, 'pictures', 'one.png'), picture);
  await place.run(['a portrait', '--host', server, '-o', 'image.png']);
  const { out } = await place.run(['--dry-run', 'a portrait', '--host', server]);
  for (const name of ['workflow.json', 'portrait.json']) await writeFile(join(place.folder, name), out);
}

const isRunnable = ({ words }: ShellLine): boolean => !cannotRun.some(([pattern]) => pattern.test(words.join(' ')));

/** The page's lines in their order, each with what the ones before it printed into variables. */
async function play(page: string): Promise<{ lines: number; wrong: unknown[] }> {
  await using server = await startDemo({ models });
  await using other = await startDemo({ models });
  await using place = await Workplace.create();
  await readersFolder(place, server.url);
  const variables = new Map<string, string>();
  const wrong: unknown[] = [];
  let lines = 0;
  for (const text of shellLines(readFileSync(join(root, page), 'utf8'))) {
    const line = readShellLine(text, variables);
    const printed = readPrintedFile(text);
    if (printed !== undefined) await writeFile(join(place.folder, printed.file), printed.written);
    if (line === undefined || !isRunnable(line)) continue;
    lines++;
    const words = line.words.map((word, i) => {
      if (line.words[i - 1] !== '--host') return word;
      return word.replace(readersServers, server.url).replace(readersOtherServers, other.url);
    });
    const own = Object.entries(line.env).map(([name, value]) => [name, value.replace(readersServers, server.url)]);
    const env = {
      COMFY_GEN_HOST: server.url,
      MY_TOKEN: 'a-token-of-the-reader',
      ...(Object.fromEntries(own) as Record<string, string>),
    };
    const { code, out, err } = await place.run(words, { env, input: line.input });
    if (code !== line.code) wrong.push({ text, code, err });
    if (line.file !== undefined) await writeFile(join(place.folder, line.file), out);
    if (line.into !== undefined) variables.set(line.into, out.trim());
  }
  return { lines, wrong };
}

const hasCommands = (page: string): boolean =>
  shellLines(readFileSync(join(root, page), 'utf8')).some((text) => {
    const line = readShellLine(text, new Map());
    return line !== undefined && isRunnable(line);
  });

test.each(pages.filter(hasCommands))(
  'the command lines of %s run',
  async (page) => {
    const { lines, wrong } = await play(page);
    expect(wrong).toEqual([]);
    expect(lines).toBeGreaterThan(0);
  },
  600_000, // the README has some forty, each a run of its own
);

test('lines are read as a shell reads them', () => {
  const variables = new Map([['id', 'the id']]);
  const words = (text: string) => readShellLine(text, variables)?.words;
  expect(words(`comfy-gen "a cat" -n 'x "y"' --set 6.text=a\\ b # a comment`)).toEqual([
    'a cat',
    '-n',
    'x "y"',
    '--set',
    '6.text=a b',
  ]);
  expect(words(`npx comfy-gen attach "$id" -o pictures | jq -r '.a'`)).toEqual(['attach', 'the id', '-o', 'pictures']);
  expect(words('comfy-gen help json > file.json')).toEqual(['help', 'json']);
  expect(readShellLine(`printf 'a fox\\nan owl\\n' | comfy-gen batch -`, variables)?.input).toBe('a fox\nan owl\n');
  expect(readShellLine('id=$(STEPS=3 comfy-gen --no-wait "x")   # exit code 7', variables)).toMatchObject({
    into: 'id',
    env: { STEPS: '3' },
    code: 7,
    words: ['--no-wait', 'x'],
  });
  expect(readShellLine('comfy-generate x', variables)).toBeUndefined();
  expect(shellLines('```console\n$ comfy-gen \\\n    x\nan answer\n```\n')).toEqual(['comfy-gen  x']);
});
