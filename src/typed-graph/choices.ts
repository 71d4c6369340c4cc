// The lists of combos as named types: each list is written once, however many inputs have it.
import { property, quoted } from './text.ts';

export class ChoiceLists {
  readonly #names = new Map<string, string>();
  readonly #written = new Map<string, string>();

  /** The type of one of these values. `name` is what the list is called, if it is a new one. */
  typeOf(name: string, values: readonly unknown[]): string {
    const text = union([...new Set(values.flatMap(literal))]);
    if (text === 'never') return text;
    const known = this.#names.get(text) ?? this.#free(name);
    this.#names.set(text, known);
    this.#written.set(known, text);
    return `Choices[${quoted(known)}]`;
  }

  /** The members of `interface Choices`. */
  members(): string {
    return [...this.#written].map(([name, text]) => `  ${property(name)}: ${text};\n`).join('');
  }

  #free(name: string): string {
    let free = name;
    for (let n = 2; this.#written.has(free); n++) free = `${name}_${n}`;
    return free;
  }
}

/** Types of which one is meant. */
export function union(types: readonly string[]): string {
  return types.length === 0 ? 'never' : types.join(' | ');
}

/** A value as a type; none for what is no plain value. */
export function literal(value: unknown): string[] {
  if (typeof value === 'string') return [quoted(value)];
  if (typeof value === 'bigint') return [`${value}n`];
  if (typeof value === 'boolean') return [String(value)];
  return typeof value === 'number' && Number.isFinite(value) ? [String(value)] : [];
}
