// `comfy-gen upscale <image…> --to 2x`: each image enlarged, and drawn over in tiles with --refine.
import { isPattern, parseSweeps } from '../../batch/sweep.ts';
import { totalUpscaled, upscaleSpecs } from '../../batch/upscale-specs.ts';
import { ComfyGenError } from '../../errors.ts';
import { exitCodeOf } from '../../batch/events.ts';
import { picturesOf } from '../../files/pictures.ts';
import { pathOf, type Context } from '../context.ts';
import { quietCode } from '../output/results.ts';
import { showSummary } from '../output/summary.ts';
import { checkEnhance, checkFirst, checkWait, dryRun, engineOptions, jobLayers, openRun } from '../plan-run.ts';
import { runSpecs } from '../run-specs.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, words, layers } = context;
  checkWait(context);
  checkEnhance(context);
  const sweeps = s.sweep.value;
  if (words.length === 0)
    throw new ComfyGenError('bad_input_file', '`upscale` needs an image, or a folder of images', {
      hint: 'comfy-gen upscale photo.png --to 2x',
    });
  if (s.to.value === undefined && !sweeps.some((text) => text.startsWith('to=')))
    throw new ComfyGenError('bad_option', 'is missing: the size to enlarge to', {
      option: 'to',
      hint: '<option to> 2x',
    });
  if (s.image.value.length > 0)
    throw new ComfyGenError('unusable_option', 'does not go with `upscale`, which takes its images as words', {
      option: 'image',
    });
  if (!sweeps.some(isPattern)) parseSweeps(sweeps, []); // a bad sweep is found before any server is asked
  const at = (path: string): string => pathOf(context, path);
  const images = await picturesOf(words, at);
  const opened = await openRun(context);
  const infos = opened.contacts.flatMap(({ info }) => (info === undefined ? [] : [info]));
  const asked = { images, layers: jobLayers(layers), axes: parseSweeps(sweeps, infos), pathOf: at };
  const total = totalUpscaled(asked);
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
