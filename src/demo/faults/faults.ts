// Failures that the demo server plays when it is told to: the known ones, their text form, and how often each strikes.
import { ComfyGenError } from '../../errors.ts';

type Row = {
  readonly summary: string;
  /** What stands behind `=`: nothing when absent. */
  readonly value?: 'number' | 'text' | 'text?' | 'number?';
  /** How often it strikes when nothing is said; always when absent. */
  readonly times?: number;
};

const routeNames = [
  'prompt',
  'history',
  'queue',
  'interrupt',
  'free',
  'jobs',
  'cancel',
  'view',
  'upload',
  'object-info',
  'models',
  'system-stats',
  'features',
  'any',
] as const;
export type RouteName = (typeof routeNames)[number];

/** For each route (`prompt-status=500`, `view-delay=200`, …); `any` is every route. */
const routeFaults = {
  status: { summary: 'answers with this status (retry-after=<s>, html, empty)', value: 'number' },
  delay: { summary: 'answers that many ms late', value: 'number' },
  slow: { summary: 'takes the body of a request at that many bytes a second', value: 'number' },
  reset: { summary: 'resets the connection instead of answering', times: 1 },
  hang: { summary: 'never answers', times: 1 },
  empty: { summary: 'does its work and answers 200 without a body' },
  garbage: { summary: 'does its work and answers JSON that is cut off' },
  endless: { summary: 'answers 200 with a body that never ends' },
} as const satisfies Record<string, Row>;

const others = {
  late: { summary: 'refuses connections for that many ms after the start', value: 'number', times: 1 },
  'front-page': { summary: 'for that many ms after the start a proxy answers a web page, 200', value: 'number' },
  'front-redirect': { summary: 'for that many ms after the start a proxy redirects to its page, 302', value: 'number' },
  'front-missing': { summary: 'for that many ms after the start a proxy answers 404', value: 'number' },
  old: { summary: 'acts as 0.3.64 (like --profile 0.3.64), and ignores prompt_id in /interrupt' },
  'no-api': { summary: 'knows only the bare routes' },
  'only-api': { summary: 'knows only the routes under /api' },
  'base-path': { summary: 'lives under this path, as behind a reverse proxy', value: 'text' },
  redirect: { summary: 'redirects everything to this address (308: as it was asked)', value: 'text' },
  'redirect-get': { summary: 'the same with a 302, which turns a POST into a GET', value: 'text' },
  token: { summary: 'wants this bearer token', value: 'text' },
  cookie: { summary: 'wants this cookie (name=value), else 403', value: 'text' },
  sticky: {
    summary: 'a load balancer with two servers: a client that does not send its cookie back reaches the other one',
  },
  version: { summary: 'says it is this version of ComfyUI', value: 'text' },

  'prompt-lost': { summary: 'queues the job, then resets the connection', times: 1 },
  'prompt-queued-status': { summary: 'queues the job, then answers with this status', value: 'number', times: 1 },
  'prompt-nan': { summary: 'answers with NaN where a number belongs' },
  'prompt-ignore-id': { summary: 'ignores the prompt_id of the client' },
  'prompt-refuse-id': { summary: 'refuses every prompt_id as malformed' },
  'prompt-node-errors': { summary: 'answers 200 with node_errors and runs the job' },
  'prompt-loop-error': { summary: 'refuses the graph as a loop that does not end, under each of its nodes' },
  'prompt-after': { summary: 'answers only when the job is over: events come first' },

  'ws-status': { summary: 'refuses the upgrade with this status', value: 'number' },
  'ws-mute': { summary: 'opens the socket and never sends a message' },
  'ws-drop': { summary: 'cuts the socket at step=<n> (times=<n>)', times: 1 },
  'ws-silent': { summary: 'goes silent at step=<n>: open, but no message and no pong', times: 1 },
  'ws-garbage-text': { summary: 'sends text that is no JSON among the messages' },
  'ws-garbage-binary': { summary: 'sends damaged binary frames among the messages' },
  'ws-unknown-binary': { summary: 'sends binary frames of an unknown type' },
  'ws-unknown-text': { summary: 'sends messages of unknown types and shapes' },
  'ws-huge': { summary: 'sends one binary frame of that many bytes (default 20 MB)', value: 'number?', times: 1 },
  'ws-foreign': { summary: "sends another job's events among ours" },
  'ws-duplicate': { summary: 'sends every message twice' },
  'ws-shuffle': { summary: 'swaps neighbouring messages' },
  'ws-early-null': { summary: 'sends executing null when the job starts', times: 1 },
  'ws-no-success': { summary: 'never sends execution_success' },
  'ws-flood': { summary: 'sends that many progress messages when a job starts', value: 'number' },

  'node-error': { summary: 'a node raises: the sampler, or the class given', value: 'text?', times: 1 },
  oom: { summary: 'a node runs out of memory: the sampler, or the class given', value: 'text?', times: 1 },
  'node-message': { summary: 'a failing node says this', value: 'text' },
  traceback: { summary: 'a failing node sends a traceback of that many bytes', value: 'number' },
  'broken-model': { summary: 'the loader of this file raises', value: 'text' },
  'finds-nothing': { summary: 'a model finds nothing of what words name in an image' },
  interrupted: { summary: 'somebody else interrupts the job at step=<n>', times: 1 },
  deleted: { summary: 'somebody else deletes the job while it is pending', times: 1 },
  stuck: { summary: 'leaves jobs pending and never starts them' },
  restart: {
    summary: 'restarts at step=<n>, refusing for that many ms, and forgets everything',
    value: 'number?',
    times: 1,
  },
  'restart-pending': { summary: 'the same, as soon as a job is queued', value: 'number?', times: 1 },
  gone: { summary: 'goes away at step=<n> and never comes back', times: 1 },
  'worker-dead': { summary: 'the worker dies when the job starts', times: 1 },

  'history-size': { summary: "holds that many of other people's jobs", value: 'number' },
  'history-late': { summary: 'shows a finished job that many ms late', value: 'number' },
  'history-cleared': { summary: 'somebody clears the history as soon as a job is over' },

  'view-truncated': { summary: 'ends the file before its announced length', times: 1 },
  'view-cut': { summary: 'sends half of the file, announced as such', times: 1 },
  'view-long': { summary: 'sends more than the announced length', times: 1 },
  'view-zero': { summary: 'sends no byte of the file', times: 1 },
  'view-html': { summary: 'sends a web page with status 200', times: 1 },
  'view-not-png': { summary: 'sends bytes that are no picture', times: 1 },
  'view-drip': { summary: 'sends a little every that many ms', value: 'number' },
  'view-no-length': { summary: 'announces no length' },
  'view-redirect': { summary: 'redirects to this address (default: another name of this host)', value: 'text?' },
  'view-broken-off': { summary: 'resets the connection in the middle of the file', times: 1 },
  'view-wrong-range': { summary: 'begins at the first byte whatever range it is asked for' },
  'view-size': { summary: 'sends files of that many bytes', value: 'number' },
  filename: { summary: 'gives every file this name', value: 'text' },
} as const satisfies Record<string, Row>;

type RouteFault = `${RouteName}-${keyof typeof routeFaults}`;
export type FaultName = RouteFault | keyof typeof others;

/**
 * One failure to play. `value` and `text` are what stands behind `=`; `parseFault` reads the whole from its text form.
 * `{ name: 'ws-drop', step: 3 }`, `{ name: 'prompt-status', value: 429, retryAfter: 1, times: 2 }`
 */
export type Fault = {
  /** As `serve --fault help` lists them. */
  readonly name: FaultName;
  readonly value?: number;
  readonly text?: string;
  /** From the n-th sampler step on; a job without a sampler counts its nodes. */
  readonly step?: number;
  /** How often it strikes; each has its own usual number. */
  readonly times?: number;
  /** Seconds for a Retry-After header. */
  readonly retryAfter?: number;
  /** The body is a web page. */
  readonly html?: boolean;
  /** There is no body. */
  readonly empty?: boolean;
};

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ...routeNames.flatMap((r) => Object.entries(routeFaults).map(([k, row]): [string, Row] => [`${r}-${k}`, row])),
  ...Object.entries(others),
]);

/** Every fault with one sentence, for `serve --help` and error texts; `<route>-…` once for all routes. */
export const faultHelp: readonly { readonly name: string; readonly summary: string }[] = [
  ...Object.entries<Row>(routeFaults).map(([k, row]) => ({ name: `<route>-${k}${shape(row)}`, summary: row.summary })),
  ...Object.entries<Row>(others).map(([name, row]) => ({ name: `${name}${shape(row)}`, summary: row.summary })),
];

function shape({ value }: Row): string {
  if (value === undefined) return '';
  return value.endsWith('?') ? `[=<${value.slice(0, -1)}>]` : `=<${value}>`;
}

/**
 * `name[=value][@step=n][,times=n][,retry-after=s][,html][,empty]`, as in `ws-drop@step=3` or
 * `prompt-status=429,retry-after=1,times=2`. Throws `bad_option` with the known names.
 */
export function parseFault(text: string): Fault {
  const [head = '', ...more] = text.trim().split(/[,@]/);
  const at = head.indexOf('=');
  const name = at === -1 ? head : head.slice(0, at);
  const value = at === -1 ? undefined : head.slice(at + 1);
  const row = rows.get(name);
  if (row === undefined) throw unknownFault(text);
  const fault = { name: name as FaultName, ...readValue(text, row, value) }; // a key of `rows`
  return Object.assign(fault, ...more.map((part) => readSetting(text, part))) as Fault;
}

function readValue(text: string, { value: wanted }: Row, value: string | undefined): { value?: number; text?: string } {
  if (value === undefined) {
    if (wanted === undefined || wanted.endsWith('?')) return {};
    throw bad(text, 'needs a value');
  }
  if (wanted === undefined) throw bad(text, 'takes no value');
  return wanted.startsWith('number') ? { value: count(text, value) } : { text: value };
}

function readSetting(text: string, part: string): Partial<Fault> {
  const [key = '', value] = part.split('=');
  if (key === 'html' || key === 'empty') return { [key]: true };
  const names: Readonly<Record<string, keyof Fault>> = { step: 'step', times: 'times', 'retry-after': 'retryAfter' };
  const name = Object.hasOwn(names, key) ? names[key] : undefined;
  if (name === undefined || value === undefined) throw bad(text, `does not understand "${part}"`);
  return { [name]: count(text, value) };
}

function count(text: string, value: string): number {
  if (!/^\d+$/.test(value)) throw bad(text, `"${value}" is no number`);
  return Number(value);
}

function bad(text: string, why: string): ComfyGenError {
  return new ComfyGenError('bad_option', `--fault ${text}: ${why}`);
}

function unknownFault(text: string): ComfyGenError {
  const names = faultHelp.map((f) => f.name).join(', ');
  const hint = `<route> is one of ${routeNames.join(', ')}`;
  return new ComfyGenError('bad_option', `unknown fault "${text}"; known: ${names}`, { hint });
}

/** The faults of one server, each with what is left of its times. */
export class Faults {
  readonly #left: Map<Fault, number>;
  readonly #begin = Date.now();

  constructor(faults: readonly Fault[]) {
    this.#left = new Map(faults.map((f) => [f, f.times ?? rows.get(f.name)?.times ?? Infinity]));
  }

  /** The first fault of this name that still strikes, without using it up. */
  peek(name: FaultName, fits: (fault: Fault) => boolean = () => true): Fault | undefined {
    for (const [fault, left] of this.#left) if (fault.name === name && left > 0 && fits(fault)) return fault;
    return undefined;
  }

  /** The same, used up once. */
  take(name: FaultName, fits?: (fault: Fault) => boolean): Fault | undefined {
    const fault = this.peek(name, fits);
    if (fault !== undefined) this.#left.set(fault, (this.#left.get(fault) ?? 0) - 1);
    return fault;
  }

  /** A fault that strikes at a step: the first, if none is named. */
  takeAt(name: FaultName, step: number): Fault | undefined {
    return this.take(name, (f) => step >= (f.step ?? 1));
  }

  all(name: FaultName): readonly Fault[] {
    return [...this.#left].flatMap(([fault, left]) => (fault.name === name && left > 0 ? [fault] : []));
  }

  /** A fault that lasts for some ms from the start on. */
  peekEarly(name: FaultName): Fault | undefined {
    return this.peek(name, ({ value = 0 }) => Date.now() - this.#begin < value);
  }

  get isEmpty(): boolean {
    return this.#left.size === 0;
  }
}
