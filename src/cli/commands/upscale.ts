// `comfy-gen upscale <image…> --to 2x`: each image enlarged, and drawn over in tiles with --refine.
import { totalOf } from '../../batch/specs.ts';
import { upscaleSpecs } from '../../batch/upscale-specs.ts';
import { ComfyGenError } from '../../errors.ts';
import { exitCodeOf } from '../../batch/events.ts';
import { pathOf, type Context } from '../context.ts';
import { quietCode } from '../output/results.ts';
import { showSummary } from '../output/summary.ts';
import { checkFirst, checkWait, dryRun, engineOptions, jobLayers, openRun } from '../plan-run.ts';
import { runSpecs } from '../run-specs.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, words: images } = context;
  checkWait(context);
  if (images.length === 0)
    throw new ComfyGenError('bad_input_file', '`upscale` needs an image', {
      hint: 'comfy-gen upscale photo.png --to 2x',
    });
  if (s.to.value === undefined)
    throw new ComfyGenError('bad_option', 'is missing: the size to enlarge to', {
      option: 'to',
      hint: '<option to> 2x',
    });
  for (const option of ['image', 'sweep'] as const)
    if (s[option].value.length > 0)
      throw new ComfyGenError('unusable_option', 'does not go with `upscale`', { option });
  const total = totalOf(images.length * s.count.value, []);
  const asked = { images, layers: jobLayers(context.layers), pathOf: (path: string) => pathOf(context, path) };
  const opened = await openRun(context);
  if (s.dryRun.value) return dryRun(context, opened, upscaleSpecs(asked), total);
  if (total > 1) await checkFirst(context, opened, upscaleSpecs(asked));
  const counts = total === 1 ? undefined : { total, skipped: 0 };
  const beganAt = performance.now();
  const summary = await runSpecs(context, opened.notices, {
    ...engineOptions(context, opened),
    specs: upscaleSpecs(asked),
    counts,
    failRest: true,
  });
  if (counts !== undefined && s.wait.value) showSummary(context, summary, counts, beganAt);
  return quietCode(context) ?? exitCodeOf(summary, context.signal);
}
