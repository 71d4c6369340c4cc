// Workflows that were saved on the server: run by name, listed, and what is said where there is none of that name.
import { expect } from 'vitest';
import { ComfyUIClient } from '../../src/client.ts';
import { startDemo, type Demo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { refused } from './refused.ts';
import { uiWorkflow } from './ui-workflow.ts';

const graph = {
  '1': { class_type: 'EmptyImage', inputs: { width: 32, height: 32, batch_size: 1, color: 7 }, _meta: { title: 'Paper' } }, // prettier-ignore
  '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'saved' } },
};

/** As the web UI saves it. */
async function save(server: Demo, name: string, content: string): Promise<void> {
  const path = encodeURIComponent(`workflows/${name}.json`);
  const answer = await fetch(`${server.url}/api/userdata/${path}`, { method: 'POST', body: content });
  expect(answer.status).toBe(200);
}

async function withSaved(): Promise<Demo> {
  const server = await startDemo();
  await save(server, 'paper', JSON.stringify(graph));
  await save(server, 'folder/drawn one', JSON.stringify(uiWorkflow));
  await save(server, 'broken', '{"1": ');
  return server;
}

test('run saved:<name> takes API and UI format, with or without .json, in folders; options change it', async () => {
  await using server = await withSaved();
  await using place = await Workplace.create();
  const run = (...args: string[]): ReturnType<Workplace['run']> => place.run(['run', ...args, '--host', server.url]);
  const api = await run('saved:paper', '--set', 'Paper.width=48', '--json');
  expect(api.code, api.err).toBe(0);
  expect(JSON.parse(api.out)).toMatchObject({ files: [{ width: 48, height: 32 }] });
  const ui = await run('saved:folder/drawn one.json', '--json');
  expect(ui.code, ui.err).toBe(0);
  expect(JSON.parse(ui.out)).toMatchObject({ files: [{ width: 64, height: 32 }] });
  expect(ui.err).toContain('saved:folder/drawn one.json: UI workflow');
});

test('an unknown name is usage, with the closest names; a file that is no workflow says so', async () => {
  await using server = await withSaved();
  await using empty = await startDemo();
  await using place = await Workplace.create();
  const near = await place.run(['run', 'saved:papre', '--host', server.url, '--json']);
  refused({ ...near, out: '' }, 2);
  expect(near.err).toContain('hint: did you mean paper?\n');
  expect(JSON.parse(near.out)).toMatchObject({ error: { code: 'usage', reason: 'unknown_workflow' } });
  const far = await place.run(['run', 'saved:../workflows/paper', '--host', server.url]);
  expect([far.code, server.queued()], far.err).toEqual([2, 0]);
  const none = await place.run(['run', 'saved:x', '--host', empty.url]);
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('nobody saved one there yet')]);
  const broken = await place.run(['run', 'saved:broken', '--host', server.url]);
  expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('saved workflow broken is not JSON')]);
});

test('rows, several hosts and the library: the first server that answers gives it', async () => {
  await using server = await withSaved();
  await using place = await Workplace.create({ 'rows.jsonl': '{"workflow":"saved:paper"}\n{"workflow":"saved:paper","set.Paper.color":9}\n' }); // prettier-ignore
  const rows = await place.run(['batch', 'rows.jsonl', '--host', server.url, '--json']);
  expect(rows.code, rows.err).toBe(0);
  expect(jsonLines(rows.out)).toHaveLength(2);
  const away = 'http://127.0.0.1:9';
  const pool = await place.run(['run', 'saved:paper', '--host', away, '--host', server.url]);
  expect(pool.code, pool.err).toBe(0);
  const converted = await place.run(['convert', 'saved:folder/drawn one', '--host', server.url]);
  expect(Object.keys(JSON.parse(converted.out) as object)).toEqual(['1', '2']);
  await using client = new ComfyUIClient({ host: server.url });
  const job = await client.run('saved:paper', { set: { 'Paper.color': 11 } });
  expect((await job.result()).outputs).toHaveLength(1);
  await expect(client.run('saved:papr')).rejects.toMatchObject({ reason: 'unknown_workflow', code: 'usage' });
  expect(await client.list('workflows')).toEqual(['broken', 'folder/drawn one', 'paper']);
});

test('list workflows: names as saved:<name> takes them', async () => {
  await using server = await withSaved();
  await using place = await Workplace.create();
  const { out } = await place.run(['list', 'workflows', '--host', server.url]);
  expect(out).toBe('broken\nfolder/drawn one\npaper\n');
});

test('run saved:<name> --help lists its places; without a server that is unreachable', async () => {
  await using server = await withSaved();
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['run', 'saved:paper', '--help', '--host', server.url]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('--set Paper.color=…');
  expect(server.queued()).toBe(0);
  expect((await place.run(['run', 'saved:paper', '--help', '--host', 'http://127.0.0.1:9'])).code).toBe(3);
});
