// One row of the table of faults, and how it is played: the built command as a process against a demo server that misbehaves.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import { parseFault, startDemo, type Demo, type DemoOptions, type Fault } from '../../src/demo/demo.ts';
import type { Reason } from '../../src/errors.ts';
import { Workplace, type Finished } from '../helpers/cli.ts';

/** What others do when the same happens to them; what is not known stays away. */
export type Peers = { readonly comfyCli?: string; readonly saintno?: string; readonly comfyuiCli?: string };

export type Row = {
  /** What happens. */
  readonly fault: string;
  /** What comfy-gen promises and does. */
  readonly does: string;
  readonly code: number;
  readonly reason?: Reason;
  /** On standard error. */
  readonly said?: RegExp;
  /** Whole pictures on disk; else one for exit code 0, none for any other. */
  readonly files?: number;
  /** Jobs that the server ever queued; else one. */
  readonly jobs?: number;
  /** Were jobs taken off the server? Else no. */
  readonly cancelled?: boolean;
  /** The demo server's faults. */
  readonly demo?: readonly (string | Fault)[];
  readonly options?: DemoOptions;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of one plain run. */
  readonly play?: (bench: Bench) => Promise<Finished>;
  /** What else must be true afterwards. */
  readonly then?: (bench: Bench, finished: Finished) => Promise<void> | void;
  /** Waits for minutes, takes much memory or must be a process of its own: played by test:all alone. */
  readonly long?: true;
  /** Why it can't be played on this machine. */
  readonly skip?: string | false;
  readonly peers?: Peers;
};

export type Bench = { readonly demo: Demo; readonly place: Workplace; readonly row: Row };

export const small = ['--size', '64x64', '-s', '4'];

/** The arguments of a plain run; `host` in place of the demo server's own address. */
export function plainArgs({ demo, row }: Bench, host: string = demo.url): string[] {
  return ['--host', host, '--json', ...small, ...(row.args ?? []), 'a lighthouse'];
}

export function run(bench: Bench, host?: string): Promise<Finished> {
  return bench.place.run(plainArgs(bench, host), { env: { ...bench.row.env } });
}

/** Until the server saw such a request. */
export async function asked(demo: Demo, path: RegExp): Promise<void> {
  while (!demo.log.some((r) => path.test(r.path))) await setTimeout(10);
}

export async function play(row: Row): Promise<void> {
  const faults = (row.demo ?? []).map((f) => (typeof f === 'string' ? parseFault(f) : f));
  await using demo = await startDemo({ stepMs: 2, ...row.options, faults });
  await using place = await Workplace.create();
  const bench = { demo, place, row };
  const finished = await (row.play ?? run)(bench);
  const { code, err, out } = finished;
  const saved = await pictures(place);
  const jobs = demo.queued();
  expect({ code, jobs, files: saved.length, err }).toEqual({
    code: row.code,
    jobs: row.jobs ?? 1,
    files: row.files ?? (row.code === 0 ? 1 : 0),
    err: row.said === undefined ? err : (expect.stringMatching(row.said) as string),
  });
  const told = lastObject(out);
  if (row.reason !== undefined) expect(told).toMatchObject({ ok: false, error: { reason: row.reason } });
  for (const file of told?.files ?? [])
    expect(
      saved.map((s) => s.sha256),
      'the file on disk is the one that is told',
    ).toContain(file.sha256);
  const cancels = demo.log.filter((r) => r.method === 'POST' && /\/cancel|\/interrupt/.test(r.path));
  expect(cancels.length > 0, 'taken off the server').toBe(row.cancelled ?? false);
  await row.then?.(bench, finished);
}

type Told = { readonly files: readonly { readonly path: string; readonly sha256: string }[] };

function lastObject(out: string): Told | undefined {
  const last = out.trim().split('\n').at(-1) ?? '';
  return last.startsWith('{') ? (JSON.parse(last) as Told) : undefined;
}

/** Every file that a run left in its folder, each a whole PNG: anything else is a failure. */
export async function pictures(place: Workplace): Promise<readonly { name: string; sha256: string }[]> {
  const found = await readdir(place.folder, { recursive: true, withFileTypes: true });
  const files = found.filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name));
  const results = files.filter((f) => !/^\/?(state|cache|config|given)\//.test(f.slice(place.folder.length)));
  return Promise.all(
    results.map(async (name) => {
      const bytes = await readFile(name);
      expect(isWholePng(bytes), `${name} is a whole picture`).toBe(true);
      return { name: name.slice(place.folder.length + 1), sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

/** Signature, every chunk with its sum, IEND at the very end. */
function isWholePng(bytes: Buffer): boolean {
  if (bytes.subarray(0, 8).toString('latin1') !== '\u0089PNG\r\n\u001a\n') return false;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length || crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return false;
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return end === bytes.length;
    at = end;
  }
  return false;
}
