// `comfy-gen list <kind> [words...]`: what the server offers, one a line; of recipes and nodes one whole by its name.
import { checkKind, type ListKind } from '../../catalog/kinds.ts';
import { filtered, list, type Listed, type ServerKind } from '../../catalog/list.ts';
import { describeNode } from '../../catalog/node.ts';
import { describeLoras } from '../../catalog/loras.ts';
import { describeRecipe } from '../../catalog/recipe.ts';
import type { Connection } from '../../connection/connection.ts';
import { ComfyGenError } from '../../errors.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import { connect } from '../connect.ts';
import { readStyles } from '../../plan/styles/read-styles.ts';
import { pathOf, type Context } from '../context.ts';
import { columns } from '../output/columns.ts';
import { listedLine, nodeLines, recipeLines, styleLine } from '../output/listed.ts';
import { jsonLine } from '../output/objects.ts';
import { firstAnswering } from '../servers.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, signal } = context;
  const [word, ...words] = context.words;
  const kind = checkKind(word);
  if (s.runnable.value && kind !== 'recipes')
    throw new ComfyGenError('bad_option', `--runnable goes with \`list recipes\`, not with \`list ${kind}\``);
  if (kind === 'styles') return listStyles(context, words);
  const server = await firstAnswering(context, await connect(context));
  const whole = words.length === 1 ? await describe(kind, words[0] ?? '', server, signal) : undefined;
  if (whole !== undefined) {
    await print(context, [whole.object], whole.lines);
    return 0;
  }
  const all = await list(kind, server, signal);
  const rows = filtered(all, words).filter((row) => s.runnable.value !== true || row['runnable'] === true);
  const tells = kind === 'loras' && (s.verbose.value === true || s.json.value === true);
  const names = rows.map(({ name }) => name);
  const shown: readonly Listed[] = tells ? await describeLoras(server, names, signal) : rows;
  if (rows.length === 0 && !s.quiet.value) context.terminal.err(`${noneText(kind, words, all)}\n`);
  await print(context, shown, shown.map(listedLine));
  return 0;
}

/** The user's own: no server is asked. */
async function listStyles(context: Context, words: readonly string[]): Promise<number> {
  const { styles } = context.settings;
  if (styles.value === undefined)
    throw new ComfyGenError('bad_option', 'is missing: the file or folder with the styles', {
      option: 'styles',
      hint: 'or set `styles` in your configuration',
    });
  const all = await readStyles(pathOf(context, styles.value), styles.value);
  const rows = filtered(all, words);
  if (rows.length === 0 && !context.settings.quiet.value) {
    const none = all.length === 0 ? `${styles.value} holds no styles` : noneText('styles', words, all);
    context.terminal.err(`${harmless(none)}\n`);
  }
  await print(context, rows, rows.map(styleLine));
  return 0;
}

type Whole = { readonly object: object; readonly lines: readonly string[] };

/** One recipe or node that has exactly this name. */
async function describe(
  kind: ServerKind,
  name: string,
  server: Connection,
  signal: AbortSignal,
): Promise<Whole | undefined> {
  if (kind !== 'recipes' && kind !== 'nodes') return undefined;
  const info = await server.objectInfo(signal, { fresh: true });
  if (kind === 'recipes') {
    const recipe = await describeRecipe(name, server, info, signal);
    return recipe === undefined ? undefined : { object: recipe, lines: recipeLines(recipe) };
  }
  const definition = Object.hasOwn(info, name) ? info[name] : undefined;
  if (definition === undefined) return undefined;
  const node = describeNode(name, definition);
  return { object: node, lines: nodeLines(node) };
}

/** On a terminal the columns are aligned; else a tab stands between them. */
async function print(
  { terminal, settings: s }: Context,
  rows: readonly object[],
  lines: readonly string[],
): Promise<void> {
  const plain = lines.map((line) => line.split('\t').map(oneLine).join('\t'));
  const texts = s.json.value
    ? rows.map((row) => jsonLine(row))
    : (terminal.outIsTTY ? columns(plain) : plain).map((line) => `${line}\n`);
  for (const text of texts) await terminal.out(text);
}

function noneText(kind: ListKind, words: readonly string[], all: readonly Listed[]): string {
  if (all.length === 0) return `the server has no ${kind}`;
  return harmless(words.length === 0 ? `none of the ${kind} runs here` : `none of the ${kind} has ${words.join(' ')} in its name`); // prettier-ignore
}
