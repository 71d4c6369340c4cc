// `comfy-gen doctor`: checks server and machine, says what to do; `--smoke` also runs a small job; `--junit` for CI.
import { exitCodeOf, failedBy, type Check } from '../../doctor/check.ts';
import { junit } from '../../doctor/junit.ts';
import { checkDisk } from '../../doctor/machine.ts';
import { findLocalServer, reachServers, type Found } from '../../doctor/reach.ts';
import { checkServer } from '../../doctor/server.ts';
import { smoke, weightless, type SmokeJob } from '../../doctor/smoke.ts';
import { toComfyGenError, writeOptions } from '../../errors.ts';
import { writeText } from '../../files/write-text.ts';
import { narrowed } from '../../options/overlay.ts';
import type { Layer } from '../../options/resolve.ts';
import { generation } from '../../options/tables/generation.ts';
import { Planner } from '../../plan/planner.ts';
import { randomSeed } from '../../plan/seeds.ts';
import { oneLine } from '../../text/harmless.ts';
import { connect, isOnThisMachine } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import { localChecks, proxyOf } from '../doctor-checks.ts';
import { flagOf } from '../output/error.ts';
import { jsonLine } from '../output/objects.ts';
import { noPaint } from '../output/paint.ts';
import { redactAll } from '../redact.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s } = context;
  const checks: Check[] = [];
  for await (const found of allChecks(context)) {
    const inFlags = (text: string): string => context.log.redact(writeOptions(text, flagOf));
    const check = redactAll(found, inFlags) as Check; // the same shape
    checks.push(check);
    await context.terminal.out(s.json.value ? jsonLine(check) : textOf(context, check));
  }
  if (s.junit.value !== undefined) await writeText(pathOf(context, s.junit.value), junit(checks));
  return exitCodeOf(checks);
}

async function* allChecks(context: Context): AsyncGenerator<Check> {
  const { settings: s, signal } = context;
  const found = yield* reachServers(await connect(context), () => elsewhere(context), signal);
  for (const { server, stats } of found) yield* checkServer(server, stats, proxyOf(context, server), signal);
  const folder = s.output.value === '-' ? '.' : s.output.value;
  yield await checkDisk(pathOf(context, folder), folder);
  yield* localChecks(context);
  if (!s.smoke.value && !s.withModel.value) return;
  for (const one of found) {
    yield* smoke(one.server, weightless(), s.maxSeconds.value, signal);
    if (s.withModel.value) yield* smokeWithModel(context, one);
  }
}

/** A server that nobody named: only a hint. */
async function elsewhere({ settings: s, signal }: Context): Promise<string | undefined> {
  return isOnThisMachine(s) ? findLocalServer(signal) : undefined;
}

/** A small image by the model that `comfy-gen` itself would choose. */
async function* smokeWithModel(context: Context, { server }: Found): AsyncGenerator<Check> {
  let job: SmokeJob;
  try {
    job = await smallJob(context, server);
  } catch (error) {
    context.signal.throwIfAborted();
    yield failedBy('model: plan', toComfyGenError(error), { server: server.server });
    return;
  }
  yield* smoke(server, job, context.settings.maxSeconds.value, context.signal);
}

async function smallJob(context: Context, server: Found['server']): Promise<SmokeJob> {
  const { signal, layers } = context;
  const planner = new Planner({ pathOf: (path) => pathOf(context, path), note: () => undefined });
  const contact = { server, info: await server.objectInfo(signal, { fresh: true }) };
  const small = { width: 256, height: 256, steps: 4 };
  const own: Layer = { source: 'env', label: 'doctor', trusted: true, values: small };
  const { checkpoint, recipe } = generation;
  const spec = {
    row: 1,
    layers: [own, ...narrowed(layers, { checkpoint, recipe })],
    prompt: 'a lighthouse',
    seed: String(randomSeed()),
    sweep: null,
    shape: '',
  };
  const { workflow, about } = await planner.plan(spec, { contact, signal });
  return { name: 'model', workflow, about, width: about.width, height: about.height };
}

const marks = { ok: '✔', warning: '!', failed: '✘' } as const;

/** A mark, the check, what was found; the next step on a line of its own. */
function textOf({ paint, terminal, settings: s }: Context, { check, state, message, next, server }: Check): string {
  const several = s.host.value.length > 1;
  const p = terminal.outIsTTY ? paint : noPaint;
  const mark = { ok: p.green, warning: p.yellow, failed: p.red }[state](marks[state]);
  const where = several && server !== null && !message.includes(server) ? p.dim(`  (${server})`) : '';
  const line = `${mark} ${check.padEnd(16)} ${oneLine(message)}${where}\n`;
  return next === null ? line : `${line}  ${p.bold('→')} ${oneLine(next)}\n`;
}
