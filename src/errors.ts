// The kinds of failure, their exit codes, the reasons that belong to each, and the one error class.

/** Kind of failure (`error.code`) -> exit code of the process. */
export const exitCodes = {
  internal: 1,
  usage: 2,
  unreachable: 3,
  validation: 4,
  execution: 5,
  save: 6,
  timeout: 7,
  interrupted: 8,
  auth: 9,
  partial: 10,
  cancelled: 130,
} as const;
export type Kind = keyof typeof exitCodes;

type ReasonRow = { readonly code: Kind; readonly hint?: string };

const unsaved = 'the job is done: `comfy-gen resume` tries to save it again';

/** Every reason, its kind and, where one sentence helps always, what to do next. */
export const reasons = {
  internal: { code: 'internal', hint: 'this is a bug of comfy-gen: run again with -v and report what it prints' },

  bad_option: { code: 'usage' },
  bad_config: { code: 'usage', hint: 'see .comfyrc.example.json for every key' },
  bad_input_file: { code: 'usage' },
  no_prompt: { code: 'usage', hint: 'comfy-gen "a futuristic city"' },
  surplus_words: { code: 'usage', hint: 'quote the prompt or use -p' },
  unknown_recipe: { code: 'usage', hint: 'see `comfy-gen list recipes`' },
  unknown_style: { code: 'usage', hint: 'see `comfy-gen list styles`' },
  unusable_option: { code: 'usage' },
  unknown_profile: { code: 'usage' },
  missing_variable: { code: 'usage' },
  port_taken: { code: 'usage', hint: 'choose another with <option port>' },
  bad_workflow: { code: 'usage' },
  unknown_node: { code: 'usage' },
  unknown_job: { code: 'usage' },
  unknown_workflow: { code: 'usage' },
  no_metadata: { code: 'usage' },
  not_offered: { code: 'usage', hint: 'a workflow in API format needs none of it: comfy-gen run workflow.json' },
  missing_package: { code: 'usage' },

  connection_refused: { code: 'unreachable', hint: 'start ComfyUI, or name its address with <option host>' },
  connection_failed: { code: 'unreachable' },
  connect_timeout: { code: 'unreachable', hint: 'check <option host>, or give it longer with <option connectTimeout>' },
  tls_failed: {
    code: 'unreachable',
    hint: 'trust its certificate with <option ca> <file>, or skip the check with <option insecure>',
  },
  proxy_failed: { code: 'unreachable' },
  not_comfyui: { code: 'unreachable', hint: 'check <option host>: something else answers there' },
  server_error: { code: 'unreachable', hint: "look at the server's log" },
  server_gone: {
    code: 'unreachable',
    hint: 'see whether it still runs (out of memory?); <option waitForServer> gives it time to come back',
  },

  missing_model: { code: 'validation' },
  missing_template: { code: 'validation', hint: 'see `comfy-gen list templates`' },
  missing_node: { code: 'validation', hint: 'install the node pack on the server, or update ComfyUI' },
  invalid_value: { code: 'validation' },
  invalid_workflow: { code: 'validation' },
  not_runnable: { code: 'validation' },
  rejected: { code: 'validation' },
  too_large: { code: 'validation', hint: 'the server refuses requests of this size: raise its --max-upload-size' },

  node_failed: { code: 'execution' },
  out_of_memory: {
    code: 'execution',
    hint: 'try a smaller <option size> or <option batchSize>, or free memory on the server',
  },
  no_output: { code: 'execution', hint: 'the workflow made no file; <option allowEmpty> accepts that' },
  job_lost: { code: 'execution' },
  job_stalled: { code: 'execution', hint: 'the server may need a restart: see `comfy-gen queue`' },

  download_failed: { code: 'save', hint: unsaved },
  truncated_download: { code: 'save', hint: unsaved },
  not_an_image: { code: 'save' },
  too_large_download: { code: 'save', hint: 'raise <option maxDownload>' },
  disk_full: { code: 'save' },
  not_writable: { code: 'save', hint: 'choose another folder with <option output>' },
  write_failed: { code: 'save' },

  timeout: { code: 'timeout', hint: 'give it longer with <option timeout>' },
  interrupted: { code: 'interrupted' },
  job_deleted: { code: 'interrupted' },

  unauthorized: {
    code: 'auth',
    hint: 'send credentials with <option tokenEnv>, <option apiKeyEnv> or <option header>',
  },
  payment_required: { code: 'auth' },
  forbidden: { code: 'auth', hint: 'the server, or a proxy before it, refuses these credentials' },
  proxy_auth: { code: 'auth' },
  rate_limited: { code: 'auth', hint: 'wait and try again' },

  cancelled: { code: 'cancelled' },
} as const satisfies Record<string, ReasonRow>;
export type Reason = keyof typeof reasons;

/** What a server says of each refused node; kept as it came. */
export type NodeErrors = Readonly<Record<string, unknown>>;

type More = {
  readonly hint?: string | undefined;
  /** Key of the option that the message is about; the command line writes it as a flag. */
  readonly option?: string | undefined;
  readonly node_errors?: NodeErrors | undefined;
  readonly cause?: unknown;
  readonly exit_code?: number | undefined;
};

/** An option within a sentence, by its key: a program reads the key, the command line writes its flag. */
export const optionName = (key: string): string => `<option ${key}>`;

/** The sentence with each option as `write` has it; by default its key. */
export function writeOptions(text: string, write: (key: string) => string = (key) => key): string {
  return text.replace(/<option (\w+)>/g, (_all, key: string) => write(key));
}

/** The one error that leaves comfy-gen: `code` is the kind, `reason` says what exactly happened, `hint` what to do. */
export class ComfyGenError extends Error {
  override name = 'ComfyGenError';
  readonly reason: Reason;
  readonly hint: string | undefined;
  /** Key of the option that the message is about: `sampler`. */
  readonly option: string | undefined;
  readonly node_errors: NodeErrors | undefined;
  readonly #exitCode: number | undefined;
  readonly #written: { readonly message: string; readonly hint: string | undefined };

  /** With an `option` the message goes on after its name: `cannot be used with sdxl`. */
  constructor(reason: Reason, message: string, more: More = {}) {
    const whole =
      more.option === undefined ? message : `${optionName(more.option)}${message.startsWith(':') ? '' : ' '}${message}`;
    super(writeOptions(whole), { cause: more.cause });
    const hint = more.hint ?? (reasons[reason] as ReasonRow).hint;
    this.#written = { message: whole, hint };
    this.reason = reason;
    this.hint = hint === undefined ? undefined : writeOptions(hint);
    this.option = more.option;
    this.node_errors = more.node_errors;
    this.#exitCode = more.exit_code;
  }

  /** Message and hint with each option as `write` has it, for those who do not call it by its key. */
  inWords(write: (key: string) => string): { readonly message: string; readonly hint: string | undefined } {
    const { message, hint } = this.#written;
    return { message: writeOptions(message, write), hint: hint === undefined ? undefined : writeOptions(hint, write) };
  }

  /** Kind of failure; decides the exit code. */
  get code(): Kind {
    return reasons[this.reason].code;
  }

  /** Exit code of the process; 143 instead of 130 when SIGTERM cancelled. */
  get exit_code(): number {
    return this.#exitCode ?? exitCodes[this.code];
  }
}

/** Aborting with this reason leaves the job alone on the server: a closed terminal (SIGHUP). */
export class Detach extends Error {
  override name = 'Detach';
}

/** One exit code for many outcomes, 0 being a success: the common one, `partial` where they differ. */
export function foldExitCodes(codes: Iterable<number>): number {
  const [first = 0, ...others] = new Set(codes);
  return others.length === 0 ? first : exitCodes.partial;
}

/** What ended a run whose signal was aborted, as an error of kind `cancelled` or `timeout`. */
export function abortError({ reason }: AbortSignal): ComfyGenError {
  if (reason instanceof Detach) return new ComfyGenError('cancelled', 'left; the job goes on', { exit_code: 129 });
  return reason instanceof ComfyGenError ? reason : new ComfyGenError('cancelled', 'cancelled', { cause: reason });
}

/** Any thrown value as a ComfyGenError; what we did not throw ourselves is `internal`. */
export function toComfyGenError(thrown: unknown): ComfyGenError {
  if (thrown instanceof ComfyGenError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ComfyGenError('internal', message, { cause: thrown });
}
