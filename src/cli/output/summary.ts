// The last line of a run of several jobs: how many ended in which way, their files, the time, their seeds and prompts.
import type { Earlier } from '../../batch/archived.ts';
import type { Summary } from '../../batch/events.ts';
import { count } from '../../text/count.ts';
import type { Context } from '../context.ts';
import { durationText } from './plain.ts';
import { quotedPrompt } from './quoted-prompt.ts';
import type { Counts } from './renderer.ts';
import { leavesQuietly } from './results.ts';

/** `beganAt` by the monotonic clock, in ms; `earlier`: what an archive knows of earlier runs. */
export function showSummary(
  context: Context,
  { done, failed, cancelled, files, seeds, prompts }: Summary,
  { total, skipped }: Counts,
  beganAt: number,
  { stillFailed }: Pick<Earlier, 'stillFailed'> = { stillFailed: [] },
): void {
  if (leavesQuietly(context)) return;
  const ours = failed - cancelled;
  const earlier = skipped - stillFailed.length;
  const left = Math.max(total - done - failed - skipped, 0);
  const parts = [
    (done > 0 || earlier === 0) && `${done} done`,
    ours > 0 && `${ours} failed`,
    cancelled > 0 && `${cancelled} cancelled`,
    earlier > 0 && `${earlier} done before`,
    stillFailed.length > 0 && `${stillFailed.length} failed before (--retry-failed tries them again)`,
    left > 0 && `${left} not tried`,
  ].filter((part) => part !== false);
  const made = `${count(files, 'file')} in ${durationText(performance.now() - beganAt)}`;
  const counts = `${parts.join(', ')} (of ${total})`;
  const text = [counts, made, seeds.text(), promptsText(prompts)].filter((part) => part !== '').join('; ');
  context.log.write('info', text);
  if (!context.settings.quiet.value) context.terminal.err(`${text}\n`);
}

/** `"a cat", "a dog"`; of more the first two and `…`. */
function promptsText(prompts: ReadonlySet<string>): string {
  const [first, second, more] = [...prompts].map((prompt) => quotedPrompt(prompt, 40));
  return [first, second, more === undefined ? undefined : '…'].filter((part) => part !== undefined).join(', ');
}
