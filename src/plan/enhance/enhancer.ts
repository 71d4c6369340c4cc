// Prompts written out by a language model: one question a prompt, a time limit, and the plain prompt where that fails.
import { askChat, chatAddress, type ChatServer } from '../../connection/chat.ts';
import { unlessAborted } from '../../connection/patience.ts';
import { toComfyGenError } from '../../errors.ts';
import { linkedSignal } from '../../jobs/linked-signal.ts';
import { familyOf } from '../../recipes/detect.ts';
import { harmless } from '../../text/harmless.ts';
import { instruction, wayOf } from './instructions.ts';

export type EnhancerOptions = ChatServer & {
  /** One question may take so long; default 60 000. */
  readonly limitMs?: number | undefined;
};

export type Question = {
  readonly prompt: string;
  readonly recipe: string | null;
  readonly checkpoint: string | null;
  /** The language model; absent: the address knows. */
  readonly model: string | undefined;
};

/** The prompt as it was written out, or why it was not. */
export type Enhanced = { readonly text: string } | { readonly why: string };

/** Answers that are kept; more distinct prompts in a run begin anew. */
const maxKept = 10_000;
/** So many failures in a row, and it is not asked again. */
const maxFailures = 3;
const maxLetters = 10_000;

export class Enhancer {
  readonly #options: EnhancerOptions;
  readonly #asked = new Map<string, Promise<Enhanced>>();
  #failures = 0;

  /** Throws `bad_option` for what is no address. */
  constructor(options: EnhancerOptions) {
    chatAddress(options.url);
    this.#options = options;
  }

  /** The same prompt for the same kind of family is asked once. Throws only what aborted the signal. */
  async enhance({ prompt, recipe, checkpoint, model }: Question, signal: AbortSignal): Promise<Enhanced> {
    const family = recipe ?? (checkpoint === null ? null : familyOf(checkpoint).family);
    const way = wayOf(family, checkpoint);
    if (way === undefined || prompt.trim() === '') return { text: prompt };
    const key = JSON.stringify([way, model, prompt]);
    for (;;) {
      signal.throwIfAborted();
      const known = this.#asked.get(key) ?? this.#ask(instruction(way), prompt, model, signal);
      if (this.#asked.size > maxKept) this.#asked.clear();
      this.#asked.set(key, known);
      known.catch(() => this.#asked.delete(key));
      try {
        return await unlessAborted(known, signal);
      } catch {
        signal.throwIfAborted(); // else the one who asked first has left: asked again
      }
    }
  }

  async #ask(system: string, prompt: string, model: string | undefined, outer: AbortSignal): Promise<Enhanced> {
    if (this.#failures >= maxFailures)
      return { why: `the language model failed ${maxFailures} times in a row and is not asked again` };
    const { limitMs = 60_000 } = this.#options;
    using link = linkedSignal(outer, limitMs);
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: prompt },
    ] as const;
    try {
      const text = promptIn(await askChat(this.#options, { model, messages }, link.signal));
      if (text === '' || text.length > maxLetters) return this.#failed(`its answer has ${text.length} letters`);
      this.#failures = 0;
      return { text };
    } catch (error) {
      outer.throwIfAborted();
      return this.#failed(
        link.signal.aborted ? `no answer within ${limitMs / 1000} s` : toComfyGenError(error).message,
      );
    }
  }

  #failed(why: string): Enhanced {
    this.#failures++;
    return { why: `the language model did not help: ${harmless(why)}` };
  }
}

/** An answer without what models put around a prompt: their thoughts, a fence, a label, quotes. */
function promptIn(answer: string): string {
  const said = harmless(answer).replace(/^[\s\S]*<\/think(?:ing)?>/i, '').trim(); // prettier-ignore
  const bare = said.replace(/^```\w*\s*\n([\s\S]*?)\n?```$/, '$1').replace(/^\**(?:enhanced )?prompt:?\**:?\s+/i, '');
  return bare
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(["'“])(.*)(["'”])$/, '$2');
}
