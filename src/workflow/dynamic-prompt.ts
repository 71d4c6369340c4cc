// Dynamic prompts: {a|b|c}, {2::a|b} with weights, nested, and __name__ from wildcard files; the same text for the same seed.
import { ComfyGenError } from '../errors.ts';

/** The lines of a wildcard file, by its name without ending (`animals/cats`); undefined when there is none. */
export type Wildcards = (name: string) => readonly string[] | undefined;

/** Bounds: a file that names itself, or a bomb of braces, ends as an error. */
const maxDepth = 50;
const maxChoices = 10_000;
const maxLength = 1_000_000;

const wildcardName = /^__([\p{L}\p{N}](?:(?!__)[\p{L}\p{N} ./_-])*)(?<! )__/u;

type State = { readonly random: () => number; readonly wildcards: Wildcards; choices: number };

/** The text with every choice made from the seed. Braces that close nothing stay as they are; `\{` is a brace. */
export function resolvePrompt(text: string, seed: bigint, wildcards: Wildcards = () => undefined): string {
  return resolveText(text, { random: randomFrom(seed), wildcards, choices: 0 }, 0);
}

function resolveText(text: string, state: State, depth: number): string {
  if (depth > maxDepth)
    throw new ComfyGenError(
      'bad_option',
      `the prompt is nested more than ${maxDepth} deep: does a wildcard name itself?`,
    );
  let out = '';
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? '';
    if (char === '\\' && '{}|\\'.includes(text[at + 1] ?? ' ')) {
      out += text[at + 1] ?? '';
      at += 2;
      continue;
    }
    const end = char === '{' ? closing(text, at) : undefined;
    const name = char === '_' ? wildcardName.exec(text.slice(at, at + 260)) : null;
    if (end !== undefined) {
      out += resolveText(choose(split(text.slice(at + 1, end)), state), state, depth + 1);
      at = end + 1;
    } else if (name !== null) {
      out += resolveText(choose(linesOf(name[1] ?? '', state.wildcards), state), state, depth + 1);
      at += name[0].length;
    } else {
      out += char;
      at++;
    }
    if (out.length > maxLength) throw new ComfyGenError('bad_option', 'the prompt grows beyond a million characters');
  }
  return out;
}

/** The place of the brace that closes the one at `open`; undefined when none does. */
function closing(text: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return undefined;
}

/** One of the options, by their weights. */
function choose(written: readonly string[], state: State): string {
  if (++state.choices > maxChoices)
    throw new ComfyGenError(
      'bad_option',
      `the prompt asks for more than ${maxChoices} choices: does a wildcard name itself?`,
    );
  const options = written.map((option) => {
    const weight = /^\s*(\d{1,9}(?:\.\d{1,9})?)::/.exec(option);
    return weight === null
      ? { text: option, weight: 1 }
      : { text: option.slice(weight[0].length), weight: Number(weight[1]) };
  });
  const total = options.reduce((sum, { weight }) => sum + weight, 0);
  let left = state.random() * total;
  for (const option of options) {
    left -= option.weight;
    if (left < 0) return option.text;
  }
  return options.findLast(({ weight }) => weight > 0)?.text ?? '';
}

/** At the bars of this level; inner braces keep theirs. */
function split(inside: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < inside.length; at++) {
    const char = inside[at];
    if (char === '\\') at++;
    else if (char === '{') depth++;
    else if (char === '}') depth--;
    else if (char === '|' && depth === 0) {
      parts.push(inside.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, inside.slice(from)];
}

/** Throws `bad_input_file` for a wildcard that the text, or a line it may lead to, names in vain. */
export function checkWildcards(text: string, wildcards: Wildcards = () => undefined): void {
  const seen = new Set<string>();
  const visit = (part: string): void => {
    for (let at = part.indexOf('__'); at !== -1; at = part.indexOf('__', at)) {
      const [whole = '_', name] = wildcardName.exec(part.slice(at, at + 260)) ?? [];
      at += whole.length;
      if (name === undefined || seen.has(name)) continue;
      seen.add(name);
      for (const line of linesOf(name, wildcards)) visit(line);
    }
  };
  visit(text);
}

function linesOf(name: string, wildcards: Wildcards): readonly string[] {
  const lines = wildcards(name);
  if (lines !== undefined) return lines;
  throw new ComfyGenError('bad_input_file', `no wildcard file for __${name}__`, {
    hint: 'name its folder with <option wildcards>',
  });
}

/** Numbers from 0 to 1 out of all 64 bits of the seed (splitmix64). */
function randomFrom(seed: bigint): () => number {
  const mask = (1n << 64n) - 1n;
  let state = seed & mask;
  const mix = (): bigint => {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    return z ^ (z >> 31n);
  };
  return () => Number(mix() >> 11n) / 2 ** 53;
}

/** A wildcard file's text -> its lines: blank ones and comments (`#`) are none. */
export function wildcardLines(text: string): readonly string[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
