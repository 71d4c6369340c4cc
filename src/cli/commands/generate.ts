// `comfy-gen <prompt>`: builds a recipe, submits, watches, downloads.
import { isPattern, parseSweeps } from '../../batch/sweep.ts';
import { checkSeeds } from '../../plan/seeds.ts';
import type { Context } from '../context.ts';
import { checkEnhance, checkWait, jobLayers, openRun } from '../plan-run.ts';
import { readPrompts } from '../read-prompts.ts';
import { runAsked } from '../run-asked.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, layers } = context;
  const prompts = await readPrompts(context);
  const seed = typeof s.seed.value === 'bigint' ? s.seed.value : undefined;
  const count = s.count.value;
  checkSeeds(seed, count);
  checkWait(context);
  checkEnhance(context);
  if (!s.sweep.value.some(isPattern)) parseSweeps(s.sweep.value, []); // a bad sweep is found before any server is asked
  const opened = await openRun(context);
  const axes = parseSweeps(
    s.sweep.value,
    opened.contacts.flatMap(({ info }) => (info === undefined ? [] : [info])),
  );
  return runAsked(context, opened, { layers: jobLayers(layers), prompts, seed, count, axes });
}
