// Prompts written out by a language model: what it is asked, what becomes of its answer, and of its failures.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, ComfyUIPool } from '../../src/index.ts';
import { Enhancer } from '../../src/plan/enhance/enhancer.ts';
import { jsonLines, linesByRow, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { completion, languageModel } from '../helpers/language-model.ts';

const small = ['--size', '64x64', '-s', '1', '--json'];
const key = 'sk-a-secret-of-mine';
const env = { COMFY_GEN_ENHANCE_KEY: key };

test('one question for a prompt, whatever the count; both texts in results and in the picture; the key goes there alone', async () => {
  await using demo = await startDemo();
  await using model = await languageModel();
  await using place = await Workplace.create({ 'st.json': '{"prompt":"ink, {prompt}"}' });
  const at = ['--host', demo.url, '--enhance-url', model.url, ...small];
  const args = [
    'a cat',
    '--enhance',
    '--enhance-model',
    'small',
    '--count',
    '3',
    '--style',
    'st',
    '--styles',
    'st.json',
  ];
  const { code, out, err } = await place.run([...args, ...at, '-o', 'p', '--name', '{index}'], { env });
  expect(code).toBe(0);
  expect(linesByRow(out).map(({ prompt, prompt_given }) => [prompt, prompt_given])).toEqual(
    Array(3).fill(['ink, a cat, written out', 'a cat']),
  );
  expect(model.asked).toMatchObject([
    {
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key}` },
      body: { model: 'small', messages: [{ role: 'system' }, { role: 'user', content: 'a cat' }] },
    },
  ]);
  expect(model.asked[0]?.body.messages[0]?.content).toContain('comma-separated');
  expect(JSON.stringify(demo.log) + out + err).not.toContain(key);
  expect(jsonLines((await place.run(['inspect', 'p/1.png', '--json'])).out)).toMatchObject([
    { prompt: 'ink, a cat, written out', prompt_given: 'a cat' },
  ]);
});

test('a row and a sweep turn it on; from a dry run, and for what is refused, nothing is asked', async () => {
  await using demo = await startDemo();
  await using model = await languageModel();
  await using place = await Workplace.create({
    'rows.csv': 'prompt,enhance\na fox,true\nan owl,\na fox,true\n',
  });
  const at = ['--host', demo.url, '--enhance-url', `${model.url}/v1`, ...small];
  const dry = await place.run(['a cat', '--enhance', '--dry-run', ...at]);
  expect([dry.code, dry.out.includes('written out'), dry.err]).toEqual([
    0,
    false,
    expect.stringContaining('a dry run asks no language model'),
  ]);
  expect((await place.run(['a cat', '--enhance', '--sampler', 'nonesuch', ...at])).code).toBe(4);
  expect((await place.run(['', '-p', '', '--enhance', ...at])).code).toBe(2);
  expect(model.asked).toEqual([]);
  const rows = await place.run(['batch', 'rows.csv', ...at]);
  expect(jsonLines(rows.out).map(({ prompt }) => prompt).sort()).toEqual(['a fox, written out', 'a fox, written out', 'an owl']); // prettier-ignore
  expect(model.asked).toHaveLength(1);
  const swept = await place.run(['a cat', '--sweep', 'enhance=true,false', ...at]);
  expect(linesByRow(swept.out).map(({ prompt, prompt_given }) => [prompt, prompt_given])).toEqual([
    ['a cat, written out', 'a cat'],
    ['a cat', null],
  ]);
});

test('a workflow keeps its prompt as the question', async () => {
  await using demo = await startDemo();
  await using model = await languageModel();
  await using place = await Workplace.create();
  const at = ['--host', demo.url];
  await place.run(['a house', ...at, ...small, '-o', 'house.png']);
  const { out } = await place.run(['run', 'house.png', '--enhance', '--enhance-url', model.url, ...at, '--json']);
  expect(jsonLines(out)).toMatchObject([{ prompt: 'a house, written out', prompt_given: 'a house' }]);
});

test('what models put around a prompt is taken off', async () => {
  await using model = await languageModel(({ body }, response) => {
    const answers: Readonly<Record<string, string>> = {
      thoughts: '<think>hm,\n"what"</think>\n\n"a grey cat\n on a wall"',
      fence: '```text\nPrompt: a grey cat on a wall\n```',
      label: '**Prompt:** a grey\u001b[31m cat on a wall',
    };
    response.end(completion(answers[body.messages[1]?.content ?? ''] ?? ''));
  });
  const enhancer = new Enhancer({ url: model.url, key: undefined, userAgent: 'test', connectTimeoutMs: 5000 });
  const { signal } = new AbortController();
  for (const prompt of ['thoughts', 'fence', 'label'])
    expect(
      await enhancer.enhance({ prompt, recipe: 'qwen-image', checkpoint: null, model: undefined }, signal),
    ).toEqual({
      text: 'a grey cat on a wall',
    });
  expect(model.asked[0]?.body.messages[0]?.content).toContain('plain sentences');
  expect(model.asked[0]?.headers.authorization).toBeUndefined();
});

test('when it fails the plain prompt is sent, with a warning that shows no key', async () => {
  await using demo = await startDemo();
  await using model = await languageModel(({ body }, response) => {
    const prompt = body.messages[1]?.content ?? '';
    if (prompt === 'status') response.writeHead(401).end(JSON.stringify({ error: { message: `bad key ${key}` } }));
    else if (prompt === 'redirect') response.writeHead(308, { location: 'http://127.0.0.1:1/' }).end();
    else if (prompt === 'large') response.end(completion('x'.repeat(2_000_000)));
    else response.end('<html>');
  });
  await using place = await Workplace.create();
  const of = async (prompt: string, url = model.url): Promise<string> => {
    const at = ['-p', prompt, '--enhance', '--enhance-url', url, '--host', demo.url];
    const { out } = await place.run([...at, '--size', '64x64', '-s', '1', '--events'], { env });
    const events = jsonLines(out);
    expect(events.at(-1)).toMatchObject({ type: 'done', result: { ok: true, prompt, prompt_given: null } });
    expect(out).not.toContain(key);
    return String(events.find(({ type }) => type === 'warning')?.['message']);
  };
  const begin = 'the prompt is sent as it is: the language model did not help: ';
  expect(await of('status')).toBe(`${begin}HTTP 401: bad key ***`);
  expect(await of('redirect')).toBe(`${begin}HTTP 308, a redirect: name the address that it leads to`);
  expect(await of('large')).toBe(`${begin}its answer is larger than 1 MiB`);
  expect(await of('html')).toBe(`${begin}its answer is none of a chat completion`);
  expect(await of('refused', 'http://127.0.0.1:1')).toContain(begin);
});

test('a time limit; after three failures in a row it is not asked again; who leaves does not spoil it for others', async () => {
  let answers = false;
  await using model = await languageModel((_asked, response) => {
    if (answers) response.end(completion('done'));
  });
  const options = { url: model.url, key: undefined, userAgent: 'test', connectTimeoutMs: 5000, limitMs: 40 };
  const enhancer = new Enhancer(options);
  const of = (prompt: string, signal = new AbortController().signal, by = enhancer): ReturnType<Enhancer['enhance']> =>
    by.enhance({ prompt, recipe: 'sd15', checkpoint: null, model: undefined }, signal);
  expect(await of('a')).toEqual({ why: 'the language model did not help: no answer within 0.04 s' });
  await of('b');
  await of('c');
  expect(await of('d')).toEqual({ why: 'the language model failed 3 times in a row and is not asked again' });
  expect(model.asked.map(({ body }) => body.messages[1]?.content)).not.toContain('d');
  const patient = new Enhancer({ ...options, limitMs: 60_000 });
  const first = new AbortController();
  const left = of('e', first.signal, patient);
  const stays = of('e', undefined, patient);
  answers = true;
  first.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  expect(await stays).toEqual({ text: 'done' });
});

test('Ctrl-C ends the wait for it, and nothing is sent', async () => {
  await using demo = await startDemo();
  let asked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  await using model = await languageModel(() => asked());
  await using place = await Workplace.create();
  const run = place.launch(['a cat', '--enhance', '--enhance-url', model.url, '--host', demo.url]);
  await isAsked;
  run.signal('SIGINT');
  expect((await run.done).code).toBe(130);
  expect(demo.log.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('a program names address and key itself; its plan asks nobody, a batch asks once', async () => {
  await using demo = await startDemo();
  await using model = await languageModel();
  await using client = new ComfyUIClient({ host: demo.url });
  const asks = { enhance: true, enhanceUrl: model.url, enhanceKey: key, steps: 1, size: '64x64' };
  const plan = await client.plan({ prompt: 'a cat', ...asks });
  expect(plan.notes).toContain('no language model is asked: the prompt is planned as it is');
  expect(model.asked).toEqual([]);
  const { prompt, prompt_given } = await (await client.generate({ prompt: 'a cat', ...asks })).result();
  expect([prompt, prompt_given, model.asked[0]?.headers.authorization]).toEqual(['a cat, written out', 'a cat', `Bearer ${key}`]); // prettier-ignore
  await using pool = new ComfyUIPool([demo.url]);
  const prompts: (string | null)[] = [];
  for await (const event of pool.batch([{ prompt: 'a fox', count: 2 }, { prompt: 'a fox' }], asks))
    if (event.type === 'done') prompts.push(event.result.prompt);
  expect([prompts, model.asked.length]).toEqual([Array(3).fill('a fox, written out'), 2]);
});

test('what cannot be is usage; a project names no address, and what it turns on is a warning', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    '.comfyrc.json': '{"enhance":true}',
  });
  const at = ['a cat', '--host', demo.url, '-s', '1', '--size', '64x64'];
  const bare = await place.run([...at, '--enhance']);
  expect([bare.code, bare.err]).toEqual([
    2,
    expect.stringContaining('--enhance needs the address of a language model'),
  ]);
  const standing = await place.run(at);
  expect([standing.code, standing.err]).toEqual([0, expect.stringContaining('--enhance needs --enhance-url')]);
  const idle = await place.run([...at, '--no-config', '--enhance-url', 'http://127.0.0.1:1']);
  expect([idle.code, idle.err]).toEqual([2, expect.stringContaining('--enhance-url goes with --enhance')]);
  const odd = await place.run([...at, '--enhance', '--enhance-url', 'http://a b']);
  expect(odd.code).toBe(2);
  await using project = await Workplace.create({ '.comfyrc.json': '{"enhanceUrl":"http://127.0.0.1:1"}' });
  const refused = await project.run(at);
  expect([refused.code, refused.err]).toEqual([
    2,
    expect.stringContaining("enhanceUrl may not be set by a project's file"),
  ]);
});
