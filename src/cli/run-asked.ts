// The jobs that a command line asks for by itself, from prompts, seeds and sweeps: dry run, no wait, or run.
import { exitCodeOf } from '../batch/events.ts';
import { askedSpecs, totalAsked, type Asked } from '../batch/specs.ts';
import type { Context } from './context.ts';
import { quietCode } from './output/results.ts';
import { showSummary } from './output/summary.ts';
import { checkFirst, dryRun, engineOptions, type Run } from './plan-run.ts';
import { runSpecs } from './run-specs.ts';

/** Returns the exit code. */
export async function runAsked(context: Context, run: Run, asked: Asked): Promise<number> {
  const total = totalAsked(asked);
  const specs = total === 1 ? [...askedSpecs(asked)] : undefined;
  if (context.settings.dryRun.value) return dryRun(context, run, specs ?? askedSpecs(asked), total);
  // the plan of a single job is its own check
  if (specs === undefined) await checkFirst(context, run, askedSpecs(asked));
  const counts = total === 1 ? undefined : { total, skipped: 0 };
  const beganAt = performance.now();
  const summary = await runSpecs(context, run.notices, {
    ...engineOptions(context, run),
    specs: specs ?? askedSpecs(asked),
    counts,
    failRest: true,
  });
  if (counts !== undefined && context.settings.wait.value) showSummary(context, summary, counts, beganAt);
  return quietCode(context) ?? exitCodeOf(summary, context.signal);
}
