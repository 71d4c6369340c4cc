// What a run's events put out: results on standard output, errors on standard error, everything in the log.
import { setTimeout } from 'node:timers/promises';
import { abortError, ComfyGenError, Detach, toComfyGenError } from '../../errors.ts';
import type { JobEvent, JobStep } from '../../jobs/events.ts';
import type { JobFailure, JobResult } from '../../jobs/job.ts';
import { pathOf, type Context } from '../context.ts';
import { harmless } from '../../text/harmless.ts';
import { redactResult } from '../redact.ts';
import { isClosedPipe } from '../terminal.ts';
import { flagOf, showError, stackOf } from './error.ts';
import { eventLine, jsonLine } from './objects.ts';
import type { Renderer } from './renderer.ts';
import { runHook, splitCommand } from './hooks.ts';
import { openFile, showImage, type Pictures } from './show.ts';

const settleMs = 40;

export class Results {
  readonly #context: Context;
  readonly #renderer: Renderer;
  /** Errors name their row. */
  readonly #isMany: boolean;
  readonly #pictures: Pictures | undefined;
  /** A command of --exec did not end well. */
  hookFailed = false;
  #saidWhyItEnds = false;
  /** Why standard output took no more. */
  #outputFailure: unknown;

  constructor(
    context: Context,
    renderer: Renderer,
    { isMany, pictures }: { readonly isMany: boolean; readonly pictures: Pictures | undefined },
  ) {
    this.#context = context;
    this.#renderer = renderer;
    this.#isMany = isMany;
    this.#pictures = pictures;
  }

  /** Prints what the event gives, and resolves when it was taken. */
  async show(step: JobStep): Promise<void> {
    if (step.type === 'submitting' || step.type === 'watching' || step.type === 'naming') return;
    if (step.type === 'detached') return this.#detached(step.result);
    const event = step.type === 'failed' ? this.#asShown(step) : step;
    this.#log(event);
    for (const line of this.#lines(event)) await this.#print(line);
    if (event.type === 'saved') await this.#present(event.file.path);
    if (event.type === 'saved') await this.#execute(event.file.path);
    if (event.type === 'failed' && event.taken_off === true) this.#sayTakenOff(event.row);
    if (event.type === 'failed' && this.#isWorthSaying(event.result)) await this.#fail(event);
  }

  /** A failure with options as flags and without secrets. */
  #asShown(event: Extract<JobEvent, { type: 'failed' }>): Extract<JobEvent, { type: 'failed' }> {
    const { result, cause } = event;
    const { message, hint = null } = cause.inWords(flagOf);
    const error = { ...result.error, message, hint };
    return { ...event, result: redactResult({ ...result, error }, this.#context.log.redact) };
  }

  /** What goes to standard output: paths, texts, or JSON. */
  #lines(event: JobEvent): readonly string[] {
    const { settings: s, terminal } = this.#context;
    const end = s.print0.value ? '\0' : '\n';
    if (s.events.value) return leavesQuietly(this.#context) && event.type === 'failed' ? [] : [eventLine(event)];
    const isEnd = event.type === 'done' || event.type === 'failed';
    if (s.json.value) return isEnd && !leavesQuietly(this.#context) ? [jsonLine(event.result)] : [];
    if (event.type === 'saved' && event.file.path !== null) return [`${event.file.path}${end}`];
    // text is the result where there is no file
    if (event.type === 'done' && event.result.files.length === 0)
      return event.result.texts.map(({ text }) => `${terminal.outIsTTY ? harmless(text) : text}${end}`);
    return [];
  }

  async #detached(result: JobResult): Promise<void> {
    const { settings: s } = this.#context;
    await this.#print(s.json.value ? jsonLine(result) : `${result.prompt_id ?? ''}\n`);
  }

  /** A closed pipe, or a full disk behind it, ends everything. */
  async #print(line: string): Promise<void> {
    const { terminal, abort } = this.#context;
    try {
      if (terminal.errIsTTY) await this.#renderer.aside(() => this.#write(line));
      else await terminal.out(line);
    } catch (error) {
      abort(error);
      if (isClosedPipe(error) || this.#outputFailure !== undefined) return;
      this.#outputFailure = error;
      const { paint, settings } = this.#context;
      const shown = toComfyGenError(error);
      await this.#renderer.aside(() => Promise.resolve(showError(terminal, paint, shown)));
      if (settings.verbose.value) terminal.err(`${stackOf(error)}\n`);
    }
  }

  /** Behind a pipe somebody may show the line on the same terminal: it gets its time before more is drawn there. */
  async #write(line: string): Promise<void> {
    const { terminal } = this.#context;
    await terminal.out(line);
    if (!terminal.outIsTTY) await setTimeout(settleMs);
  }

  /** --show and --open. */
  async #present(path: string | null): Promise<void> {
    const { settings: s, terminal } = this.#context;
    if (path === null) return;
    const file = pathOf(this.#context, path);
    const pictures = s.show.value === true ? this.#pictures : undefined;
    if (pictures !== undefined)
      await this.#renderer.aside(() => showImage(this.#context, pictures, file).catch(() => undefined));
    if (s.open.value === true) openFile(terminal.platform, file);
  }

  /** --exec: once a file that is on the disk. */
  async #execute(path: string | null): Promise<void> {
    const command = this.#context.settings.exec.value;
    if (command === undefined || path === null) return;
    const { terminal, paint, log } = this.#context;
    await this.#renderer.aside(async () => {
      const wrong = await runHook(splitCommand(command, 'exec'), [path], terminal);
      if (wrong === undefined) return;
      this.hookFailed = true;
      log.write('warning', wrong);
      terminal.err(`${paint.yellow(`warning: --exec: ${harmless(wrong)}`)}\n`);
    });
  }

  #sayTakenOff(row: number): void {
    if (leavesQuietly(this.#context)) return;
    this.#renderer.note(`${this.#isMany ? `[${row}] ` : ''}cancelled, and taken off the server`, 'info');
  }

  /** What ends all jobs at once, Ctrl-C or --timeout, is said once. */
  #isWorthSaying({ error }: JobFailure): boolean {
    const { signal } = this.#context;
    if (leavesQuietly(this.#context)) return false;
    if (this.#outputFailure !== undefined && toComfyGenError(this.#outputFailure).message === error.message)
      return false;
    const isOurEnd = signal.aborted && (error.code === 'cancelled' || error.code === 'timeout');
    if (!isOurEnd || !this.#isMany) return true;
    if (this.#saidWhyItEnds) return false;
    this.#saidWhyItEnds = true;
    return true;
  }

  async #fail({ result, cause }: Extract<JobEvent, { type: 'failed' }>): Promise<void> {
    const { terminal, paint, settings } = this.#context;
    await this.#renderer.aside(() => {
      showError(terminal, paint, result.error, this.#isMany ? result.row : undefined);
      if (settings.verbose.value) terminal.err(`${stackOf(cause)}\n`);
      return Promise.resolve();
    });
  }

  #log(event: JobEvent): void {
    const { log, settings } = this.#context;
    if (event.type === 'failed') {
      const { error, prompt_id, row } = event.result;
      log.write('error', error.message, { reason: error.reason, prompt_id, row, stack: stackOf(event.cause) });
      return;
    }
    if (event.type === 'preview') return;
    const isStep = event.type === 'progress' || event.type === 'node';
    if (isStep && settings.logFile.value === undefined) return;
    const { type, at, ...rest } = event;
    log.write(event.type === 'warning' ? 'warning' : isStep ? 'debug' : 'info', describe(event), {
      event: type,
      event_at: at,
      ...(event.type === 'done' ? { prompt_id: event.prompt_id, row: event.row } : rest),
    });
  }
}

function describe(event: JobEvent): string {
  switch (event.type) {
    case 'submitted':
      return `submitted ${event.prompt_id ?? ''} to ${event.server}`;
    case 'saved':
      return `saved ${event.file.path ?? event.file.filename}`;
    case 'warning':
      return event.message;
    case 'node':
      return `node ${event.node} (${event.title}) ${event.state}`;
    case 'progress':
      return `node ${event.node}: ${event.value}/${event.max}`;
    default:
      return event.type;
  }
}

/** A closed terminal or pipe: nobody is left to read how it ended. */
export function leavesQuietly({ signal }: Pick<Context, 'signal'>): boolean {
  return signal.reason instanceof Detach || isClosedPipe(signal.reason);
}

/** The exit code of what ended the whole command, where it is no job's. */
export function quietCode({ signal }: Pick<Context, 'signal'>): number | undefined {
  if (!signal.aborted) return undefined;
  if (isClosedPipe(signal.reason)) return 141;
  // standard output that took no more: whatever else went well, its reader lacks it
  if (signal.reason instanceof ComfyGenError && signal.reason.code === 'save') return signal.reason.exit_code;
  return signal.reason instanceof Detach ? abortError(signal).exit_code : undefined;
}
