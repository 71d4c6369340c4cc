// `comfy-gen doctor`: checks server and machine, says what to do; `--smoke` also runs a small job; `--junit` for CI.
import { randomSeed } from '../../client.ts';
import { exitCodeOf, failedBy, type Check } from '../../doctor/check.ts';
import { junit } from '../../doctor/junit.ts';
import { checkDisk } from '../../doctor/machine.ts';
import { checkServer } from '../../doctor/server.ts';
import { smoke, weightless, type SmokeJob } from '../../doctor/smoke.ts';
import { toComfyGenError } from '../../errors.ts';
import { writeText } from '../../files/write-text.ts';
import { aboutNothing } from '../../jobs/job.ts';
import { planRecipe } from '../../recipes/plan.ts';
import { findServers, localChecks, proxyOf, type Found } from '../doctor-checks.ts';
import { modelFacts } from '../../plan/recipe-job.ts';
import { jsonLine } from '../output/objects.ts';
import { noPaint } from '../output/paint.ts';
import { redactAll } from '../secrets.ts';
import { pathOf, type Session } from '../context.ts';
import { oneLine } from '../../text/harmless.ts';

export async function run(session: Session): Promise<number> {
  const { settings: s } = session;
  const checks: Check[] = [];
  for await (const found of allChecks(session)) {
    const check = redactAll(found, session.log.redact) as Check; // the same shape
    checks.push(check);
    await session.terminal.out(s.json.value ? jsonLine(check) : textOf(session, check));
  }
  if (s.junit.value !== undefined) await writeText(pathOf(session, s.junit.value), junit(checks));
  return exitCodeOf(checks);
}

async function* allChecks(session: Session): AsyncGenerator<Check> {
  const { settings: s, signal } = session;
  const found = yield* findServers(session);
  for (const { server, stats } of found) yield* checkServer(server, stats, proxyOf(session, server), signal);
  const folder = s.output.value === '-' ? '.' : s.output.value;
  yield await checkDisk(pathOf(session, folder), folder);
  yield* localChecks(session);
  if (!s.smoke.value && !s.withModel.value) return;
  for (const one of found) {
    yield* smoke(one.server, weightless(), s.maxSeconds.value, signal);
    if (s.withModel.value) yield* smokeWithModel(session, one);
  }
}

/** A small picture by the model that `comfy-gen` itself would choose. */
async function* smokeWithModel(session: Session, { server }: Found): AsyncGenerator<Check> {
  let job: SmokeJob;
  try {
    job = await smallJob(session, server);
  } catch (error) {
    session.signal.throwIfAborted();
    yield failedBy('model: plan', toComfyGenError(error), { server: server.server });
    return;
  }
  yield* smoke(server, job, session.settings.maxSeconds.value, session.signal);
}

async function smallJob(session: Session, server: Found['server']): Promise<SmokeJob> {
  const { settings: s } = session;
  const info = await server.objectInfo(session.signal, { fresh: true });
  const facts = await modelFacts(session, { server, info });
  const params = { prompt: 'a lighthouse', seed: randomSeed(), width: 256, height: 256, steps: 4 };
  const planned = planRecipe({ params, recipe: s.recipe.value, checkpoint: s.checkpoint.value, info, facts });
  const { width, height } = planned.about;
  return { name: 'model', workflow: planned.workflow, about: { ...aboutNothing, ...planned.about }, width, height };
}

const marks = { ok: '✔', warning: '!', failed: '✘' } as const;

/** A mark, the check, what was found; the next step on a line of its own. */
function textOf({ paint, terminal, settings: s }: Session, { check, state, message, next, server }: Check): string {
  const several = s.host.value.length > 1;
  const p = terminal.outIsTTY ? paint : noPaint;
  const mark = { ok: p.green, warning: p.yellow, failed: p.red }[state](marks[state]);
  const where = several && server !== null && !message.includes(server) ? p.dim(`  (${server})`) : '';
  const line = `${mark} ${check.padEnd(16)} ${oneLine(message)}${where}\n`;
  return next === null ? line : `${line}  ${p.bold('→')} ${oneLine(next)}\n`;
}
