// What the commands that make jobs share: contact, planner, and the end: a dry run, no wait, or a run.
import { planAnywhere, preflight } from '../batch/preflight.ts';
import { planRequest } from '../batch/requests.ts';
import type { RunOptions } from '../batch/run-options.ts';
import { ComfyGenError } from '../errors.ts';
import { narrowed } from '../options/overlay.ts';
import { rowOptions } from '../options/settings.ts';
import type { Layer } from '../options/resolve.ts';
import { requestOptions } from '../plan/planned.ts';
import { Planner } from '../plan/planner.ts';
import { contactServers, contactsOf, type Contact, type Servers } from '../plan/servers.ts';
import { isAskedFor, jobSettings } from '../plan/settings.ts';
import type { JobSpec, Note } from '../plan/spec.ts';
import { stringifyJson } from '../protocol/json.ts';
import { connect, enhancerOf } from './connect.ts';
import { escaped } from './output/objects.ts';
import { pathOf, type Context } from './context.ts';
import { wantsSteps } from './output/pick.ts';
import { previewFileOf, wantsPreviews } from './output/show.ts';
import { notices, remembered, type Notices } from './notes.ts';
import type { Output } from '../plan/output.ts';
import { splitCommand } from './output/hooks.ts';
import { outputOf } from './output-target.ts';

export type Run = {
  readonly output: Output;
  readonly notices: Notices;
  readonly planner: Planner;
  /** Absent in a dry run without a server. */
  readonly servers: Servers | undefined;
  /** The servers that answered. */
  readonly contacts: readonly Contact[];
};

/** `--no-wait` leaves nobody to report events or to keep the demo server alive. */
export function checkWait({ settings: s }: Context): void {
  const shows = (['gallery', 'grid'] as const).find((key) => isAskedFor(s[key]) && s[key].value !== false);
  if (!s.wait.value && shows !== undefined)
    throw new ComfyGenError('unusable_option', 'shows saved files: not with --no-wait', { option: shows });
  if (s.exec.value !== undefined) splitCommand(s.exec.value, 'exec'); // a bad one is found before anything is sent
  if (!s.wait.value && s.freeAfter.value)
    throw new ComfyGenError('bad_option', '--no-wait does not go with --free-after');
  if (s.wait.value || !(s.events.value || s.demo.value)) return;
  throw new ComfyGenError('bad_option', `--no-wait does not go with ${s.events.value ? '--events' : '--demo'}`);
}

/** A language model that is named and not asked; of a file's rows some may ask it. */
export function checkEnhance({ settings: s }: Context): void {
  if (s.enhance.value === true || s.sweep.value.some((one) => one.startsWith('enhance='))) return;
  const idle = (['enhanceUrl', 'enhanceModel'] as const).find((key) => s[key].layer?.source === 'flag');
  if (idle !== undefined) throw new ComfyGenError('unusable_option', 'goes with <option enhance>', { option: idle });
}

/** What may differ by job, of the layers in force. */
export const jobLayers = (layers: readonly Layer[]): readonly Layer[] => narrowed(layers, rowOptions);

/** Checks where files go, then reaches the servers; a dry run does without one. */
export async function openRun(
  context: Context,
  {
    own = notices(context),
    willSave = !context.settings.dryRun.value && context.settings.wait.value === true,
  }: { readonly own?: Notices; readonly willSave?: boolean } = {},
): Promise<Run> {
  const { settings: s, log, signal } = context;
  const output = await outputOf(context, { willSave });
  const planner = new Planner({
    pathOf: (path) => pathOf(context, path),
    note: (text, kind) => {
      if (kind === 'info' || !areEvents(s)) own.note(text, kind); // the job's own events tell of them
    },
    debug: (text) => log.write('debug', text),
    force: s.force.value,
    enhancer: enhancerOf(context),
  });
  const servers = await reach(context, own);
  const contacts = servers === undefined ? [] : await contactsOf(servers);
  signal.throwIfAborted();
  return { output, notices: own, planner, servers, contacts };
}

/** With --events what planning warns of is an event of its job. */
const areEvents = ({ events, dryRun }: Context['settings']): boolean => events.value === true && !dryRun.value;

async function reach(context: Context, { note }: Notices): Promise<Servers | undefined> {
  const { settings: s, signal } = context;
  try {
    const jobs = s.dryRun.value ? undefined : { previews: wantsPreviews(context) || s.previewFile.value !== undefined };
    return await contactServers(await connect(context), { signal, note, expectsDemo: s.demo.value === true, jobs });
  } catch (error) {
    if (!s.dryRun.value || !(error instanceof ComfyGenError) || error.code !== 'unreachable') throw error;
    note(`no server (${error.message}): names are not checked`, 'warning');
    return undefined;
  }
}

/** How the engine is to run the jobs of this command. */
export function engineOptions(
  context: Context,
  { planner, servers, output, notices: { note } }: Run,
): Pick<RunOptions, 'servers' | 'lost' | 'plan' | 'submitOnly'> {
  if (servers === undefined) throw new ComfyGenError('internal', 'no server');
  const { settings: s } = context;
  const watched = { steps: wantsSteps(context), previews: wantsPreviews(context), previewFile: previewFileOf(context) };
  const options = { ...requestOptions(s, output.transform), ...watched };
  const plan = planRequest({ planner, servers, target: output.target, options });
  return {
    servers: servers.all,
    lost: servers.lost,
    plan: areEvents(s) ? warningsAsEvents(plan, note) : plan,
    submitOnly: !s.wait.value,
  };
}

/** Each warning once, with the first job that it is about. */
function warningsAsEvents(plan: ReturnType<typeof planRequest>, note: Note): RunOptions['plan'] {
  const told = new Set<string>();
  return async (spec, server, signal) => {
    const warnings = new Set<string>();
    const request = await plan(spec, server, signal, (text, kind) => {
      if (kind === 'info') note(text, kind);
      else warnings.add(text);
    });
    const notes = [...warnings].filter((text) => !told.has(text));
    if (told.size > remembered) told.clear();
    for (const text of notes) told.add(text);
    return { ...request, notes };
  };
}

/** Prints what would be sent: indented for one job, one compact line a job for several. */
export async function dryRun(
  { terminal, signal }: Context,
  { planner, servers, notices: { note } }: Run,
  specs: AsyncIterable<JobSpec> | Iterable<JobSpec>,
  total: number,
): Promise<number> {
  for await (const spec of specs) {
    signal.throwIfAborted();
    if (jobSettings(spec.layers).enhance.value === true)
      note('a dry run asks no language model: the prompt is shown as it is', 'info');
    const { workflow } = await planAnywhere(spec, { planner, servers, signal });
    await terminal.out(`${escaped(stringifyJson(workflow, total === 1 ? 2 : undefined))}\n`);
  }
  return 0;
}

/** Plans each kind of job before the first is sent. */
export async function checkFirst(
  { signal }: Context,
  { planner, servers, output, notices: { note } }: Run,
  specs: AsyncIterable<JobSpec> | Iterable<JobSpec>,
  { lenient = false }: { readonly lenient?: boolean } = {},
): Promise<void> {
  await preflight(specs, { planner, servers, signal, note, lenient, target: output.target });
}
