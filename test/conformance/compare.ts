// Where two recordings differ in what counts: statuses, error types and texts, keys, the order of messages.
import { parseJson } from '../../src/protocol/json.ts';
import type { Frame, HttpPair, Replay } from './replay.ts';

/** Every difference as one line; none when the server behaves as the recorded one. */
export function differences(replay: Replay): readonly string[] {
  return [...replay.http.flatMap(compareAnswer), ...replay.sockets.flatMap(compareSocket)];
}

function compareAnswer({ at, real, ours }: HttpPair): readonly string[] {
  const what = `${at} ${real.method ?? ''} ${real.path ?? ''}`;
  if (real.status !== ours.status)
    return [`${what}: status ${ours.status} instead of ${real.status ?? 0} ${ours.body.toString().slice(0, 200)}`];
  const type = (headers: Readonly<Record<string, unknown>> | undefined): string => {
    const value = headers?.['content-type'];
    return typeof value === 'string' ? value : '';
  };
  const isRecoded = /[?&](preview|channel)=/.test(real.path ?? ''); // pictures made anew are not what the demo is for
  const found = [];
  if (type(real.headers) !== type(ours.headers) && !isRecoded)
    found.push(`${what}: type "${type(ours.headers)}" instead of "${type(real.headers)}"`);
  for (const header of [
    'allow',
    'accept-ranges',
    'x-content-type-options',
    'etag',
    'content-disposition',
    'connection',
  ]) {
    const has = ours.headers[header] !== undefined && ours.headers[header] !== 'keep-alive';
    const had = real.headers?.[header] !== undefined;
    const isClosing = header === 'connection' && !had; // every request here asks for it
    if (has !== had && !isRecoded && !isClosing)
      found.push(`${what}: header ${header} ${has ? 'is new' : 'is missing'}`);
  }
  if (!type(real.headers).startsWith('application/json') || real.truncated === true || (real.body ?? '') === '') {
    if (type(real.headers).startsWith('text/plain') && real.body !== ours.body.toString() && ours.status !== 413)
      found.push(`${what}: "${ours.body.toString()}" instead of "${real.body ?? ''}"`);
    return found;
  }
  const [a, b] = [parseJson(real.body ?? 'null'), parseJson(ours.body.toString())];
  return [...found, ...compareJson(a, b, '').map((d) => `${what}: ${d}`)];
}

/** Told by both servers in their own words, or made up of their own files. */
const ownValues =
  /\.(input_config|traceback|tooltip|argv|comfy_package_versions|input|input_order|category|description|display_name|search_aliases|output_tooltips|devices|current_inputs|extra_pnginfo)$/;
/** Texts that programs read: these must be the same. */
const exact =
  /\.(type|error|message|status|status_str|details|class_type|input_name|exception_type|node_id|node_type|received_value|completed|cancelled|subfolder|mediaType|has_more|exec_info|queue_remaining|node_title)$/;
/** Lists in any order. */
const sets = /\.(executed|current_outputs|nodes|dependent_outputs)$|\.prompt\.4$/;

function compareJson(real: unknown, ours: unknown, path: string): readonly string[] {
  if (ownValues.test(path)) return [];
  if (Array.isArray(real)) return compareLists(real, ours, path);
  if (typeof real === 'object' && real !== null) {
    if (typeof ours !== 'object' || ours === null || Array.isArray(ours))
      return [`${path || 'body'} is ${JSON.stringify(ours)}, was an object`];
    const keys = new Set([...Object.keys(real), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => {
      const here = `${path}.${key}`;
      if (!Object.hasOwn(real, key)) return isOwnKey(key, here) ? [] : [`${here} is new`];
      if (!Object.hasOwn(ours, key)) return isOwnKey(key, here) ? [] : [`${here} is missing`];
      return compareJson(Reflect.get(real, key), Reflect.get(ours, key), here);
    });
  }
  if (typeof real !== typeof ours && !(typeof real === 'number' && typeof ours === 'bigint'))
    return [`${path} is ${String(ours)}, was ${String(real)}`];
  const isCycle = typeof real === 'string' && real.includes(' -> '); // where a cycle begins is chance
  if (!exact.test(path) || Object.is(real, ours) || isCycle) return [];
  return [`${path} is ${String(ours)}, was ${String(real)}`];
}

function isOwnKey(key: string, path: string): boolean {
  return key === 'comfy_gen_demo' || key === 'output_tooltips' || /^\.[0-9a-f-]{36}$/.test(path); // whole histories depend on what ran before
}

function compareLists(real: readonly unknown[], ours: unknown, path: string): readonly string[] {
  if (!Array.isArray(ours)) return [`${path} is no list`];
  if (sets.test(path)) {
    const text = (list: readonly unknown[]): string => list.map(String).sort().join();
    return text(real) === text(ours) ? [] : [`${path} is [${text(ours)}], was [${text(real)}]`];
  }
  if (/\.jobs$/.test(path)) return compareJobs(real, ours, path);
  const isTuple = /\.prompt$|\.messages(\.\d+)?$/.test(path);
  if (isTuple && real.length !== ours.length) return [`${path} has ${ours.length} members, had ${real.length}`];
  return real.slice(0, Math.min(real.length, ours.length)).flatMap((r, i) => compareJson(r, ours[i], `${path}.${i}`));
}

/** Jobs of one millisecond may change places; those with an id of the server's own have no partner. */
function compareJobs(real: readonly unknown[], ours: readonly unknown[], path: string): readonly string[] {
  const idOf = (job: unknown): unknown =>
    typeof job === 'object' && job !== null ? Reflect.get(job, 'id') : undefined;
  return real.flatMap((job) => {
    const partner = ours.find((o) => idOf(o) === idOf(job));
    return partner === undefined ? [] : compareJson(job, partner, `${path}.${String(idOf(job))}`);
  });
}

function compareSocket({ conn, real, ours, opened }: Replay['sockets'][number]): readonly string[] {
  if (opened[0] !== opened[1]) return [`socket ${conn}: ${opened[1]} instead of ${opened[0]}`];
  const [a, b] = [outline(real), outline(ours)];
  const at = a.findIndex((line, i) => line !== b[i]);
  const where = at === -1 && a.length === b.length ? -1 : at === -1 ? a.length : at;
  if (where !== -1) {
    if (isSameSet(a, b)) return compareKeys(real, ours, conn);
    const around = (lines: readonly string[]): string => lines.slice(Math.max(0, where - 2), where + 4).join(' | ');
    return [`socket ${conn}: message ${where}: ${around(b)} INSTEAD OF ${around(a)}`];
  }
  return compareKeys(real, ours, conn);
}

/** Several output nodes run in any order; then only what happened counts, not the sums in between. */
function isSameSet(real: readonly string[], ours: readonly string[]): boolean {
  const outputs = new Set(real.filter((line) => line.startsWith('executed ')));
  const text = (lines: readonly string[]): string =>
    lines
      .filter((l) => !l.startsWith('state'))
      .sort()
      .join();
  return outputs.size > 1 && text(real) === text(ours);
}

type Message = { readonly type: string; readonly data: Readonly<Record<string, unknown>> };

function messageOf(frame: Frame): Message | undefined {
  if (frame.text === undefined) return undefined;
  const { type, data } = parseJson(frame.text) as Message; // both servers send such objects
  return { type, data };
}

/** The order of messages, without what depends on speed: steps of one node are one line, `status` stands aside. */
export function outline(frames: readonly Frame[]): readonly string[] {
  const lines: string[] = [];
  for (const frame of frames) {
    const line = frame.text === undefined ? pictureLine(frame.binary) : lineOf(frame);
    if (line === undefined || (line.startsWith('step') && lines.at(-1) === line)) continue;
    if (line === 'step 4' && lines.at(-1) === 'step 1') lines.pop(); // sent before the socket's flags had arrived
    lines.push(line);
  }
  return lines;
}

function pictureLine(binary: Uint8Array | undefined): string {
  return `step ${binary?.[3] ?? 0}`;
}

function lineOf(frame: Frame): string | undefined {
  const message = messageOf(frame);
  if (message === undefined || message.type === 'status' || message.type === 'feature_flags') return undefined;
  const { type, data } = message;
  if (type === 'progress') return undefined;
  if (type === 'executing' || type === 'executed') return `${type} ${String(data['node'])}`;
  if (type === 'execution_cached') return `${type} ${[...(data['nodes'] as string[])].sort().join()}`;
  if (type !== 'progress_state') return type;
  const states = Object.entries(data['nodes'] as Record<string, { state: string; value: number; max: number }>);
  const isStep = states.some(([, s]) => s.state === 'running' && (s.value > 0 || s.max !== 1));
  return isStep
    ? undefined
    : `state ${states
        .map(([id, s]) => `${id}${s.state[0] ?? ''}`)
        .sort()
        .join()}`;
}

/** Per message type the same keys in the data. */
function compareKeys(real: readonly Frame[], ours: readonly Frame[], conn: number): readonly string[] {
  const keys = (frames: readonly Frame[]): ReadonlyMap<string, string> =>
    new Map(
      frames.flatMap((f) => {
        const m = messageOf(f);
        return m === undefined
          ? []
          : [
              [
                m.type,
                Object.keys(m.data)
                  .filter((k) => k !== 'sid')
                  .sort()
                  .join(),
              ] as const,
            ];
      }),
    );
  const [a, b] = [keys(real), keys(ours)];
  return [...a].flatMap(([type, k]) =>
    b.get(type) === k ? [] : [`socket ${conn}: ${type} has ${b.get(type) ?? 'not come'} instead of ${k}`],
  );
}
