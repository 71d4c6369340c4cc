// A worker's log: one JSON object a line on standard error and in --log-file, for whatever collects the logs of services.
import { writeOptions } from '../../errors.ts';
import type { ServerNews } from '../../workers/server-worker.ts';
import type { Context } from '../context.ts';
import type { Level } from '../log.ts';
import type { Notices } from '../notes.ts';
import { flagOf } from '../output/error.ts';
import { jsonLine } from '../output/objects.ts';
import { redactAll } from '../redact.ts';

export type WorkerLog = {
  readonly notices: Notices;
  readonly write: (level: Level, message: string, more?: Readonly<Record<string, unknown>>) => void;
  readonly news: (news: ServerNews, server: string) => void;
  /** Text for standard output; a closed pipe ends the worker. */
  readonly out: (text: string) => void;
};

export function workerLog({ terminal, settings: s, log, abort }: Context): WorkerLog {
  const write: WorkerLog['write'] = (level, message, more = {}) => {
    log.write(level, message, more);
    if (s.quiet.value && level !== 'error') return;
    const line = { at: new Date().toISOString(), level, message, ...more };
    terminal.err(jsonLine(redactAll(line, log.redact)));
  };
  return {
    write,
    notices: { renderer: undefined, note: (text, kind) => write(kind, writeOptions(text, flagOf)) },
    news: (news, server) => {
      const told = lineOf(news);
      if (told !== undefined) write(told.level, told.message, { ...told.more, server });
    },
    out: (text) => {
      if (text !== '') terminal.out(text).catch(abort);
    },
  };
}

type Line = { readonly level: Level; readonly message: string; readonly more?: Readonly<Record<string, unknown>> };

function lineOf(news: ServerNews): Line | undefined {
  if (news.type === 'server')
    return { level: news.state === 'lost' ? 'warning' : 'info', message: `server ${news.state}` };
  if (news.type === 'lane') {
    const { lane, state, why } = news;
    return { level: 'info', message: `lane ${state}`, more: { lane, ...(why === undefined ? {} : { why }) } };
  }
  const { job, batch } = news;
  switch (news.type) {
    case 'handed_back':
      return { level: 'info', message: 'job handed back', more: { job, batch, why: news.why } };
    case 'done': {
      const { prompt_id, files, timings_ms } = news.result;
      return { level: 'info', message: 'job done', more: { job, batch, prompt_id, files: files.length, timings_ms } };
    }
    case 'failed': {
      const { prompt_id, error } = news.failure;
      const more = { job, batch, prompt_id, reason: error.reason, error: error.message, again: news.again };
      return { level: news.again ? 'warning' : 'error', message: 'job failed', more };
    }
    case 'step': {
      const { step } = news;
      if (step.type !== 'submitted' && step.type !== 'warning') return undefined;
      const { prompt_id } = step;
      if (step.type === 'submitted')
        return { level: 'info', message: 'job submitted', more: { job, batch, prompt_id } };
      return { level: 'warning', message: step.message, more: { job, batch, prompt_id, reason: step.reason } };
    }
    default:
      return news satisfies never;
  }
}
