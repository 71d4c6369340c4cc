// What stands in front of a server: a proxy while it starts, cookies, a load balancer, and a line that takes uploads slowly.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { WebSocket } from 'ws';
import { ask, over, plain, post, submit } from './bench.ts';

test.each([
  ['front-page', 200, 'text/html; charset=utf-8'],
  ['front-redirect', 302, null],
  ['front-missing', 404, 'text/html'],
])('%s: a proxy answers at first, then the server', async (fault, status, type) => {
  await using demo = await startDemo({ faults: [`${fault}=600000`] });
  const first = await ask(demo, '/system_stats');
  expect([first.status, first.headers.get('content-type')]).toEqual([status, type]);
  const socket = new WebSocket(demo.url.replace('http', 'ws') + '/ws');
  const opened = new Promise((resolve) => {
    socket.on('open', () => resolve('open'));
    socket.on('error', (error) => resolve(error.message));
  });
  expect(await opened).toBe(`Unexpected server response: ${status}`);
  await using later = await startDemo({ faults: [`${fault}=100`] });
  await expect
    .poll(async () => (await ask(later, '/system_stats')).json, { timeout: 5000 })
    .toMatchObject({ system: {} });
});

test('a cookie that is wanted', async () => {
  await using demo = await startDemo({ faults: ['cookie=session=abc'] });
  expect((await ask(demo, '/queue')).status).toBe(403);
  expect((await ask(demo, '/queue', { headers: { cookie: 'a=b; session=abc' } })).status).toBe(200);
});

test('a load balancer: jobs are there for who brings its cookie back', async () => {
  await using demo = await startDemo({ faults: ['sticky'] });
  const first = await ask(demo, '/system_stats');
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { json } = await post(demo, '/prompt', { prompt: plain });
  const { prompt_id: id } = json as { prompt_id: string };
  await expect.poll(() => demo.history.has(id)).toBe(true);
  expect((await ask(demo, `/history/${id}`)).json).toEqual({});
  expect((await ask(demo, `/api/jobs/${id}`)).status).toBe(404);
  expect((await ask(demo, '/view?filename=plain_00001_.png')).status).toBe(404);
  const headers = { cookie };
  expect((await ask(demo, `/api/jobs/${id}`, { headers })).json).toMatchObject({ status: 'completed' });
  expect((await ask(demo, `/history/${id}`, { headers })).json).toHaveProperty([id]);
  expect((await ask(demo, '/queue', { headers })).headers.get('set-cookie')).toBeNull();
});

test('an upload that is taken slowly, and whole', async () => {
  await using demo = await startDemo({ faults: ['upload-slow=200000'] });
  const form = new FormData();
  form.set('image', new Blob([Buffer.alloc(100_000)]), 'big.bin');
  const begin = performance.now();
  expect((await ask(demo, '/upload/image', { method: 'POST', body: form })).json).toMatchObject({ name: 'big.bin' });
  expect(performance.now() - begin).toBeGreaterThan(300);
  const back = await fetch(`${demo.url}/view?filename=big.bin&type=input`);
  expect((await back.arrayBuffer()).byteLength).toBe(100_000);
});

test('a loop that does not end is told under each of its nodes', async () => {
  await using demo = await startDemo({ faults: ['prompt-loop-error,times=1'] });
  const { status, json } = await post(demo, '/prompt', { prompt: plain });
  expect(status).toBe(400);
  const { node_errors } = json as { node_errors: Record<string, { errors: object[] }> };
  expect(Object.keys(node_errors)).toEqual(['1', '2']);
  expect(node_errors['1']?.errors).toMatchObject([
    { type: 'custom_validation_failed', extra_info: { input_name: 'loop boundary', node_ids: ['1', '2'] } },
  ]);
  await over(demo, await submit(demo, plain));
});
