// Every frame and body that real servers sent is read without falling over; what the protocol page names is recognised.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { decodeFrame } from '../../src/protocol/frames.ts';
import {
  parseHistoryEntry,
  parseJob,
  parsePromptAnswer,
  parseQueue,
  parseSystemStats,
} from '../../src/protocol/http.ts';
import { parseJson } from '../../src/protocol/json.ts';
import { parseMessage } from '../../src/protocol/messages.ts';

type Entry = Readonly<Record<string, unknown>>;
const root = fileURLToPath(new URL('../../../shared/transcripts/', import.meta.url));
const present = existsSync(root);
/** Messages that no job needs. */
const unread = /"type": ?"(logs|assets\.|progress_text|notification)/;

function received(folder: string): Entry[] {
  const files = readdirSync(root + folder).filter((f) => f.endsWith('.json'));
  const entries = files.flatMap((file) => JSON.parse(readFileSync(`${root}${folder}/${file}`, 'utf8')) as Entry[]);
  return entries.filter((e) => e['dir'] === '<');
}

describe.skipIf(!present)(`recorded servers${present ? '' : ' (skipped: ../shared is absent)'}`, () => {
  test.each(['.', '0.33.0'])('all frames and bodies of %s', (folder) => {
    const entries = received(folder);
    const texts = entries.map((e) => e['text']).filter((t): t is string => typeof t === 'string');
    const others = texts.filter((text) => parseMessage(text).type === 'other' && !unread.test(text));
    expect(others).toEqual([]);
    const frames = entries.map((e) => e['base64']).filter((b): b is string => typeof b === 'string');
    for (const frame of frames) decodeFrame(Buffer.from(frame, 'base64'));
    expect(texts.length).toBeGreaterThan(1000);
    const bodies = entries.filter(
      (e) => e['channel'] === 'http' && typeof e['body'] === 'string' && e['truncated'] !== true,
    );
    for (const entry of bodies) readBody(entry, String(entry['body']));
    expect(bodies.length).toBeGreaterThan(100);
  });
});

function readBody(entry: Entry, body: string): void {
  const path = String(entry['path'])
    .replace(/^\/api/, '')
    .replace(/\?.*/, '');
  const isOk = entry['status'] === 200;
  const answer = parsePromptAnswer(body);
  if (isOk && entry['method'] === 'POST' && path === '/prompt') expect(answer?.prompt_id, body).toBeTypeOf('string');
  const stats = parseSystemStats(body);
  if (isOk && entry['method'] === 'GET' && path === '/system_stats') expect(stats?.version, body).toBeDefined();
  const job = parseJob(body);
  if (isOk && entry['method'] === 'GET' && /^\/jobs\/[^/]+$/.test(path)) expect(job, body).toBeDefined();
  const value = tryParse(body);
  const id = decodeURIComponent(/^\/history\/(.+)$/.exec(path)?.[1] ?? '');
  const history = parseHistoryEntry(value, id);
  if (isOk && id !== '' && body.length > 2) expect(history?.terminal, `${id} ${body.slice(0, 200)}`).toBeDefined();
  parseQueue(value);
}

function tryParse(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}
