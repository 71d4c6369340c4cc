// Every failure that the demo server can play, seen from a client.
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { decodeFrame } from '../../src/protocol/frames.ts';
import { faultHelp, parseFault, startDemo, type Demo, type DemoOptions } from '../../src/demo/demo.ts';
import { ask, listen, over, picture, plain, post, raw, submit } from './bench.ts';

function faulty(text: string, more: DemoOptions = {}): Promise<Demo> {
  return startDemo({ ...more, faults: text.split(' ').map(parseFault) });
}

const view = '/view?filename=plain_00001_.png';

async function withPicture(text: string): Promise<Demo> {
  const demo = await faulty(text);
  await over(demo, await submit(demo, plain));
  return demo;
}

describe('the text form', () => {
  test('is read', () => {
    expect(parseFault('ws-drop@step=3')).toEqual({ name: 'ws-drop', step: 3 });
    expect(parseFault('prompt-status=429,retry-after=1,times=2')).toEqual({
      name: 'prompt-status',
      value: 429,
      retryAfter: 1,
      times: 2,
    });
    expect(parseFault('filename=../../evil.png')).toEqual({ name: 'filename', text: '../../evil.png' });
    expect(parseFault('oom')).toEqual({ name: 'oom' });
    expect(parseFault('view-status=502,html')).toEqual({ name: 'view-status', value: 502, html: true });
  });

  test.each(['nonsense', 'prompt-status', 'prompt-status=x', 'ws-drop=3', 'ws-drop@step=x', 'ws-drop@pace=3', ''])(
    'refuses "%s"',
    (text) => {
      expect(() => parseFault(text)).toThrow(ComfyGenError);
    },
  );

  test('names the known ones', () => {
    expect(() => parseFault('nonsense')).toThrow(/ws-drop.*view-redirect/);
    expect(faultHelp.every(({ name, summary }) => name !== '' && summary !== '')).toBe(true);
  });
});

describe('requests', () => {
  test('a status, as often as told, with Retry-After', async () => {
    await using demo = await faulty('prompt-status=429,retry-after=1,times=2 view-status=502,html');
    const answers = [
      await post(demo, '/prompt', { prompt: plain }),
      await post(demo, '/prompt', {}),
      await post(demo, '/prompt', { prompt: plain }),
    ];
    expect(answers.map((a) => a.status)).toEqual([429, 429, 200]);
    expect(answers[0]?.headers.get('retry-after')).toBe('1');
    expect((await ask(demo, '/prompt')).status).toBe(200); // a GET there is no submission
    expect((await ask(demo, view)).text).toContain('<html>');
  });

  test('a reset connection, with and without a job behind it', async () => {
    await using demo = await faulty('prompt-reset prompt-lost');
    await expect(post(demo, '/prompt', { prompt: plain })).rejects.toThrow();
    expect(demo.history.size).toBe(0);
    const prompt_id = '00000000-0000-4000-8000-000000000001';
    await expect(post(demo, '/prompt', { prompt: plain, prompt_id })).rejects.toThrow();
    await over(demo, prompt_id);
  });

  test('bodies that are empty or cut off', async () => {
    await using demo = await faulty('prompt-empty,times=1 prompt-garbage,times=1 history-garbage,times=1');
    expect((await post(demo, '/prompt', { prompt: plain })).text).toBe('');
    expect(await post(demo, '/prompt', { prompt: plain })).toMatchObject({ status: 200, json: undefined });
    expect((await ask(demo, '/history/x')).json).toBeUndefined();
  });

  test('ids that are ignored or refused, and 200 with node_errors', async () => {
    const prompt_id = '00000000-0000-4000-8000-000000000001';
    await using ignoring = await faulty('prompt-ignore-id');
    expect(await submit(ignoring, plain, { prompt_id })).not.toBe(prompt_id);
    await using refusing = await faulty('prompt-refuse-id');
    expect((await post(refusing, '/prompt', { prompt: plain, prompt_id })).json).toMatchObject({
      error: { type: 'invalid_prompt_id' },
    });
    await using halves = await faulty('prompt-node-errors');
    const { status, json } = await post(halves, '/prompt', { prompt: plain });
    expect(status).toBe(200);
    expect(Object.keys((json as { node_errors: object }).node_errors)).toEqual(['4']);
  });

  test('events before the answer', async () => {
    await using demo = await faulty('prompt-after');
    await using ear = await listen(demo);
    await submit(demo, plain, { client_id: 'me' });
    expect(ear.types()).toContain('execution_success');
  });

  test('an older server, and only one kind of route', async () => {
    await using old = await faulty('old', { stepMs: 20 });
    expect((await ask(old, '/api/jobs')).status).toBe(404);
    expect((await post(old, '/api/jobs/x/cancel', {})).status).toBe(405);
    expect((await ask(old, '/system_stats')).json).toMatchObject({ system: { comfyui_version: '0.3.64' } });
    await using ear = await listen(old);
    const id = await submit(old, picture({ steps: 500 }), { prompt_id: 'ANY', client_id: 'me' });
    await ear.hears(/"type":"progress"/);
    await post(old, '/interrupt', { prompt_id: 'somebody else' });
    expect((await over(old, id)).status.status_str).toBe('error');
    await using bare = await faulty('no-api');
    expect([(await ask(bare, '/queue')).status, (await ask(bare, '/api/queue')).status]).toEqual([200, 404]);
    await using prefixed = await faulty('only-api');
    expect([(await ask(prefixed, '/queue')).status, (await ask(prefixed, '/api/queue')).status]).toEqual([404, 200]);
  });

  test('a start that takes its time', async () => {
    await using demo = await faulty('late=150');
    await expect(ask(demo, '/queue')).rejects.toThrow();
    await expect
      .poll(
        () =>
          ask(demo, '/queue').then(
            (a) => a.status,
            () => 0,
          ),
        { timeout: 5000 },
      )
      .toBe(200);
  });
});

describe('the socket', () => {
  test('an upgrade that is refused', async () => {
    await using demo = await faulty('ws-status=403,times=1');
    await expect(listen(demo)).rejects.toThrow('403');
    await using ear = await listen(demo);
    expect(await ear.hears(/status/)).toBe(true);
  });

  test('a client that resets its connection when it is refused ends nothing', async () => {
    await using demo = await faulty('ws-status=403,times=1');
    const client = connect(demo.port, '127.0.0.1');
    client.write(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${demo.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    expect(String((await once(client, 'data'))[0])).toContain('403');
    client.resetAndDestroy();
    await once(client, 'close');
    expect((await ask(demo, '/queue')).status).toBe(200);
  });

  test('an upgrade of a path that is none ends nothing', async () => {
    await using demo = await startDemo();
    const client = connect(demo.port, '127.0.0.1');
    client.write('GET //[ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(String((await once(client, 'data'))[0])).toContain('404');
    client.destroy();
  });

  test('never a message, or none from a step on', async () => {
    await using mute = await faulty('ws-mute');
    await using nothing = await listen(mute);
    await over(mute, await submit(mute, plain, { client_id: 'me' }));
    expect(nothing.frames).toEqual([]);
    await using silent = await faulty('ws-silent@step=2');
    await using ear = await listen(silent);
    await over(silent, await submit(silent, picture(), { client_id: 'me' }));
    expect(ear.types()).not.toContain('execution_success');
    expect(ear.ws.readyState).toBe(ear.ws.OPEN);
  });

  test('cut at a step, and open again afterwards', async () => {
    await using demo = await faulty('ws-drop@step=3', { stepMs: 5 });
    await using ear = await listen(demo);
    const id = await submit(demo, picture({ steps: 40 }), { client_id: 'me' });
    expect(await ear.hears(/execution_success/)).toBe(false);
    await using again = await listen(demo);
    expect(await again.hears(/execution_success/)).toBe(true);
    await over(demo, id);
  });

  test.each([
    'ws-garbage-text',
    'ws-garbage-binary',
    'ws-unknown-binary',
    'ws-unknown-text',
    'ws-foreign',
    'ws-duplicate',
    'ws-shuffle',
    'ws-early-null',
    'ws-flood=500',
    'ws-huge=2000000',
  ])('%s: all that belongs to the job comes too', async (text) => {
    await using demo = await faulty(text);
    await using ear = await listen(demo);
    const id = await submit(demo, plain, { client_id: 'me' });
    await ear.hears(new RegExp(`"executing","data":\\{"node":null,"prompt_id":"${id}"`));
    await over(demo, id);
    await ear.hears(/execution_success/);
    expect(ear.frames.length).toBeGreaterThan(15 - Number(text === 'ws-shuffle'));
    for (const frame of ear.frames) if (typeof frame !== 'string') decodeFrame(frame);
  });

  test('no execution_success', async () => {
    await using demo = await faulty('ws-no-success');
    await using ear = await listen(demo);
    const id = await submit(demo, plain, { client_id: 'me' });
    await ear.hears(/"node":null/);
    expect(ear.types()).not.toContain('execution_success');
    expect((await over(demo, id)).status.status_str).toBe('success');
  });
});

describe('jobs', () => {
  test.each([
    ['node-error', 'RuntimeError'],
    ['oom=VAEDecode', 'torch.OutOfMemoryError'],
    ['broken-model=v1-5-pruned-emaonly.ckpt', '_pickle.UnpicklingError'],
  ])('%s', async (text, type) => {
    await using demo = await faulty(text);
    const { status } = await over(demo, await submit(demo, picture()));
    expect(status.messages.at(-1)).toMatchObject(['execution_error', { exception_type: type }]);
  });

  test('interrupted by others, or deleted while pending', async () => {
    await using demo = await faulty('interrupted@step=2');
    expect((await over(demo, await submit(demo, picture()))).status.messages.at(-1)?.[0]).toBe('execution_interrupted');
    await using other = await faulty('deleted');
    const id = await submit(other, plain);
    expect((await ask(other, `/history/${id}`)).text).toBe('{}');
    expect((await ask(other, '/queue')).json).toEqual({ queue_running: [], queue_pending: [] });
  });

  test('a restart forgets everything and refuses for a while', async () => {
    await using demo = await faulty('restart=100@step=3', { stepMs: 5 });
    await using ear = await listen(demo);
    const before = await submit(demo, plain);
    await over(demo, before);
    await submit(demo, picture({ steps: 50 }), { client_id: 'me' });
    expect(await ear.hears(/execution_success/)).toBe(false);
    await expect
      .poll(
        () =>
          ask(demo, '/history').then(
            (a) => a.text,
            () => 'refused',
          ),
        { timeout: 5000 },
      )
      .toBe('{}');
    expect((await post(demo, '/prompt', { prompt: plain })).json).toMatchObject({ number: 0 });
  });

  test('a worker that is dead, or jobs that never start', async () => {
    await using demo = await faulty('worker-dead');
    await using ear = await listen(demo);
    const id = await submit(demo, plain, { client_id: 'me' });
    await ear.hears(/execution_start/);
    expect((await ask(demo, `/api/jobs/${id}`)).json).toMatchObject({ status: 'in_progress' });
    await using stuck = await faulty('stuck');
    const waiting = await submit(stuck, plain);
    expect((await ask(stuck, `/api/jobs/${waiting}`)).json).toMatchObject({ status: 'pending' });
  });

  test('a history that is late, or cleared', async () => {
    await using late = await faulty('history-late=100');
    const id = await submit(late, plain);
    await expect.poll(() => late.history.has(id)).toBe(true);
    expect((await ask(late, `/history/${id}`)).text).toBe('{}');
    await over(late, id);
    await using cleared = await faulty('history-cleared');
    const gone = await submit(cleared, plain);
    await expect.poll(() => cleared.history.has(gone)).toBe(true);
    expect((await ask(cleared, '/history')).text).toBe('{}');
  });

  test('the server goes away for good', async () => {
    await using demo = await faulty('gone@step=2');
    await submit(demo, picture());
    await expect
      .poll(
        () =>
          ask(demo, '/queue').then(
            () => 'there',
            () => 'gone',
          ),
        { timeout: 5000 },
      )
      .toBe('gone');
  });
});

describe('files', () => {
  test.each(['view-truncated', 'view-broken-off'])('%s', async (text) => {
    await using demo = await withPicture(text);
    await expect(ask(demo, view)).rejects.toThrow();
    expect((await ask(demo, view)).status).toBe(200);
  });

  test('other bytes than the file', async () => {
    await using demo = await withPicture('view-html view-not-png view-zero view-cut view-no-length');
    const texts = [await ask(demo, view), await ask(demo, view), await ask(demo, view)].map((a) => a.text);
    expect(texts).toEqual([expect.stringContaining('<html>'), 'this is no picture', '']);
    const [half, whole] = [await fetch(demo.url + view), await fetch(demo.url + view)];
    expect(whole.headers.get('content-length')).toBeNull();
    const sizes = [(await half.arrayBuffer()).byteLength, (await whole.arrayBuffer()).byteLength];
    expect(sizes[0]).toBe(Math.floor((sizes[1] ?? 0) / 2));
  });

  test('more than announced', async () => {
    await using demo = await withPicture('view-long');
    const answer = await raw(demo, view);
    const announced = Number(/content-length: (\d+)/i.exec(answer.toString('latin1'))?.[1]);
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(announced * 2);
  });

  test('elsewhere, in drops, and very large', async () => {
    await using elsewhere = await withPicture('view-redirect=http://other.example/x.png');
    expect(await ask(elsewhere, view)).toMatchObject({ status: 302 });
    await using dripping = await withPicture('view-drip=1');
    expect((await ask(dripping, view)).text).toContain('IEND');
    await using large = await withPicture('view-size=5000001');
    const bytes = Buffer.from(await (await fetch(large.url + view)).arrayBuffer());
    expect([bytes.length, bytes.subarray(-8, -4).toString('latin1')]).toEqual([5_000_001, 'IEND']);
  });

  test('names that would leave the folder', async () => {
    await using demo = await faulty('filename=../../evil.png');
    const entry = await over(demo, await submit(demo, plain));
    expect(entry.outputs['2']?.images[0]?.filename).toBe('../../evil.png');
  });
});
