// Where the code of each command lives; only the one that runs is loaded.
import type { CommandName } from './commands.ts';
import type { Context } from './context.ts';

/** A command's work: results to standard output, the exit code back. */
export type Run = (context: Context) => Promise<number>;

export const loadCommand: Readonly<Record<CommandName, () => Promise<{ readonly run: Run }>>> = {
  generate: () => import('./commands/generate.ts'),
  run: () => import('./commands/run.ts'),
  batch: () => import('./commands/batch.ts'),
  attach: () => import('./commands/attach.ts'),
  resume: () => import('./commands/resume.ts'),
  log: () => import('./commands/log.ts'),
  queue: () => import('./commands/queue.ts'),
  cancel: () => import('./commands/cancel.ts'),
  history: () => import('./commands/history.ts'),
  list: () => import('./commands/list.ts'),
  inspect: () => import('./commands/inspect.ts'),
  gallery: () => import('./commands/gallery.ts'),
  convert: () => import('./commands/convert.ts'),
  types: () => import('./commands/types.ts'),
  upscale: () => import('./commands/upscale.ts'),
  check: () => import('./workflows/check.ts'),
  free: () => import('./commands/free.ts'),
  upload: () => import('./commands/upload.ts'),
  doctor: () => import('./commands/doctor.ts'),
  config: () => import('./commands/config.ts'),
  enqueue: () => import('./commands/enqueue.ts'),
  worker: () => import('./commands/worker.ts'),
  serve: () => import('./commands/serve.ts'),
  mcp: () => import('./commands/mcp.ts'),
  completion: () => import('./commands/completion.ts'),
  help: () => import('./commands/help.ts'),
};
