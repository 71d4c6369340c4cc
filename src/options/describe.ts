// Tables of options as others need them: flags, environment names, config keys, rows of docs/options.md, the example config.
import type { AnyOption, OptionTable } from './option.ts';

/** One option as a command-line parser and a completion script need it. */
export type Flag = {
  readonly key: string;
  /** As commander reads it: `-s, --steps <n>`, `--no-wait`. */
  readonly flags: string;
  /** The other way round, accepted and not shown: `--no-json`, `--wait`; undefined for options with a value. */
  readonly opposite: string | undefined;
  readonly long: string;
  readonly short: string | undefined;
  readonly argument: string | undefined;
  readonly list: boolean;
  /** Help text with the default. */
  readonly help: string;
  readonly choices: readonly string[] | undefined;
  readonly names: 'file' | 'folder' | undefined;
  readonly listed: string | undefined;
  readonly starts: readonly string[] | undefined;
};

/** `batchSize` -> `batch-size`. */
function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

/** `batch-size` or `--batch-size` -> `batchSize`. */
export function keyWritten(written: string): string {
  return written.replace(/^--/, '').replace(/-(\w)/g, (_all, c: string) => c.toUpperCase());
}

/** `--batch-size`; `--no-wait` for what is spelled so. */
export function flagName(key: string, option: AnyOption): string {
  return option.toggle && option.negated ? `--no-${kebab(key)}` : `--${kebab(key)}`;
}

/** `COMFY_GEN_BATCH_SIZE`. */
export function envName(key: string, option: AnyOption): string {
  return option.env ?? `COMFY_GEN_${kebab(key).replaceAll('-', '_').toUpperCase()}`;
}

/** Whether the environment may set it. */
export function readsEnv(option: AnyOption): boolean {
  return !option.flagOnly || option.env !== undefined;
}

export function flagsOf(table: OptionTable): readonly Flag[] {
  return Object.entries(table).map(([key, option]) => {
    const long = flagName(key, option);
    const short = option.short === undefined ? undefined : `-${option.short}`;
    const head = short === undefined ? long : `${short}, ${long}`;
    return {
      key,
      flags: option.argument === undefined ? head : `${head} <${option.argument}>`,
      opposite: oppositeOf(key, option),
      long,
      short,
      argument: option.argument,
      list: option.list,
      help: helpOf(option),
      choices: option.choices,
      names: option.names,
      listed: option.listed,
      starts: option.starts,
    };
  });
}

function oppositeOf(key: string, option: AnyOption): string | undefined {
  if (option.toggle) return option.negated ? `--${kebab(key)}` : `--no-${kebab(key)}`;
  return option.negated ? `--no-${kebab(key)}` : undefined;
}

function helpOf(option: AnyOption): string {
  const fallback = defaultText(option);
  const notes = [...(fallback === '' ? [] : [`default: ${fallback}`]), ...(option.list ? ['repeatable'] : [])];
  return notes.length === 0 ? option.help : `${option.help} (${notes.join('; ')})`;
}

/** The default as help shows it; empty for toggles and for what is simply absent. */
export function defaultText(option: AnyOption): string {
  if (option.otherwise !== undefined) return option.otherwise;
  if (option.toggle || option.fallback === undefined) return '';
  if (option.fallback === '') return '""';
  const written = writtenDefault(option);
  return written === null ? '' : textOf(written);
}

function textOf(written: unknown): string {
  return Array.isArray(written) ? written.map(String).join(', ') : String(written);
}

/** The default as a config file would write it; null where there is none to write. */
function writtenDefault(option: AnyOption): unknown {
  const written = option.write(option.fallback);
  if (!Array.isArray(written)) return written ?? null;
  return written.length > 1 ? written : ((written[0] as unknown) ?? null);
}

/** The keys that a config file may hold, with their options. */
export function configTable(table: OptionTable): OptionTable {
  return Object.fromEntries(Object.entries(table).filter(([, option]) => !option.flagOnly));
}

/** `.comfyrc.example.json`: every key with its default. null is unset, as is what a project's file must not set. */
export function exampleConfig(table: OptionTable): string {
  const keys = Object.entries(configTable(table));
  const values = keys.map(([key, option]) => [key, option.trustedOnly ? null : writtenDefault(option)] as const);
  return `${JSON.stringify({ ...Object.fromEntries(values), profiles: {} }, undefined, 2)}\n`;
}

/** The options as a Markdown table. */
export function markdownTable(table: OptionTable): string {
  const flags = flagsOf(table);
  const rows = Object.entries(table).map(([key, option], at) => {
    const flag = `\`${(flags[at]?.flags ?? '').replaceAll('|', '\\|')}\``;
    const env = readsEnv(option) ? `\`${envName(key, option)}\`` : '';
    const config = option.flagOnly ? '' : `\`${key}\``;
    const help = `${option.help}${option.list ? ' (repeatable)' : ''}`.replaceAll('|', '\\|');
    return `| ${flag} | ${defaultText(option)} | ${help} | ${env} | ${config} |`;
  });
  return ['| option | default | | environment | config key |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** A page with the option tables between its markers written anew; without markers it stays as it is. */
export function withOptionTables(page: string, tables: Readonly<Record<string, OptionTable>>): string {
  const written = Object.entries(tables).map(([title, table]) => `### ${title}\n\n${markdownTable(table)}\n`);
  const between = /(<!-- options:start -->)[\s\S]*?(<!-- options:end -->)/;
  return page.replace(between, (_all, start: string, end: string) => `${start}\n\n${written.join('\n')}\n${end}`);
}
