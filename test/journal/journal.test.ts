// The journal: what it says of a job after any sequence of lines, cut-off ones and several writers among them.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isOpen, Journal } from '../../src/journal/journal.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'comfy-gen-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = { path: '/out/a.png', filename: 'a.png', subfolder: '', type: 'output' };

test('no file is an empty journal', async () => {
  expect((await new Journal(join(folder, 'none/journal.jsonl')).read()).size).toBe(0);
});

test('a job is open from before it is sent until it is saved', async () => {
  const journal = new Journal(join(folder, 'state/journal.jsonl'));
  const open = async (): Promise<boolean | undefined> => {
    const entry = (await journal.read()).get('a');
    return entry && isOpen(entry);
  };
  journal.append('a', { event: 'submitting' });
  expect(await open()).toBe(true);
  journal.append('a', { event: 'submitted' });
  journal.append('a', { event: 'file', file });
  expect(await open()).toBe(true);
  journal.append('a', { event: 'saved' });
  expect(await open()).toBe(false);
  expect((await journal.read()).get('a')?.files).toEqual([file]);
  expect(statSync(journal.path).mode & 0o777).toBe(0o600);
});

test('a line that a crash cut off costs itself only', async () => {
  const path = join(folder, 'journal.jsonl');
  new Journal(path).append('a', { event: 'submitted' });
  appendFileSync(path, '{"v":1,"at":1,"prompt_id":"b","eve');
  new Journal(path).append('c', { event: 'submitted' });
  expect([...(await new Journal(path).read()).keys()]).toEqual(['a', 'c']);
});

test('lines of no known shape are passed over', async () => {
  const path = join(folder, 'journal.jsonl');
  const lines = ['', 'null', '[]', '{"event":"saved"}', '{"at":1,"prompt_id":"a","event":"something new"}', '\u0000'];
  writeFileSync(path, `${lines.join('\n')}\n`);
  expect([...(await new Journal(path).read()).values()].map((entry) => entry.state)).toEqual(['submitted']);
});

test('several processes write at once and no line is lost', async () => {
  const path = join(folder, 'journal.jsonl');
  const source = new URL('../../dist/journal/journal.js', import.meta.url).href;
  const code = (name: string): string =>
    `const {Journal}=await import(${JSON.stringify(source)});const j=new Journal(${JSON.stringify(path)});for(let i=0;i<200;i++)j.append('${name}'+i,{event:'submitted'});`;
  const write = (name: string): Promise<unknown> =>
    new Promise((resolve) => spawn(process.execPath, ['--input-type=module', '-e', code(name)]).once('close', resolve));
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(write))).toEqual([0, 0, 0, 0]);
  expect((await new Journal(path).read()).size).toBe(800);
  expect(readFileSync(path, 'utf8').split('\n').length).toBe(801);
});
