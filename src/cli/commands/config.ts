// `comfy-gen config show | path | init | set | unset | edit`: the settings in force, and the files that hold them.
import { spawn } from 'node:child_process';
import { modeOf, setConfig, settingPlace, unsetConfig } from '../../config/edit-file.ts';
import { findFiles, type FoundFile } from '../../config/find-files.ts';
import { initConfig, keptFlags, newConfigFile, schemaAddress } from '../../config/init.ts';
import { checkConfig } from '../../config/layers.ts';
import { parseConfig, readConfigText } from '../../config/parse-file.ts';
import { shownSettings } from '../../config/show.ts';
import { ComfyGenError } from '../../errors.ts';
import { writeNew } from '../../files/write-text.ts';
import { allOptions } from '../../options/settings.ts';
import { closest } from '../../text/closest.ts';
import { harmless } from '../../text/harmless.ts';
import { asking, type Ask } from '../ask.ts';
import { configActions, type ConfigAction } from '../commands.ts';
import type { Context } from '../context.ts';
import { inFlags } from '../output/error.ts';
import { jsonLine } from '../output/objects.ts';
import { pathLines, showLines } from '../output/settings.ts';

type Action = (context: Context, words: readonly string[]) => Promise<void>;

const actions: Readonly<
  Record<ConfigAction, { readonly words: readonly [min: number, max: number]; readonly run: Action }>
> = {
  show: { words: [0, 0], run: show },
  path: { words: [0, 0], run: path },
  init: { words: [0, 0], run: init },
  set: { words: [2, Number.POSITIVE_INFINITY], run: set },
  unset: { words: [1, 1], run: unset },
  edit: { words: [0, 0], run: edit },
};

export async function run(context: Context): Promise<number> {
  const [word = 'show', ...words] = context.words;
  const action = configActions.find((one) => one === word);
  if (action === undefined) {
    const [near] = closest(word, configActions, 1, false);
    throw new ComfyGenError('bad_option', `\`config\` knows no ${JSON.stringify(word)}`, {
      hint: near === undefined ? `one of ${configActions.join(', ')}` : `did you mean ${near}?`,
    });
  }
  const [min, max] = actions[action].words;
  if (words.length > max)
    throw new ComfyGenError('surplus_words', `\`config ${action}\` does not take ${JSON.stringify(words[max])}`);
  if (words.length < min)
    throw new ComfyGenError('bad_option', `\`config ${action}\` needs ${min === 2 ? 'a key and a value' : 'a key'}`, {
      hint: `for example: comfy-gen config ${action} steps${min === 2 ? ' 30' : ''}`,
    });
  await actions[action].run(context, words);
  return 0;
}

async function print(
  { terminal, settings: s }: Context,
  rows: readonly object[],
  lines: readonly string[],
): Promise<void> {
  for (const text of s.json.value ? rows.map(jsonLine) : lines.map((line) => `${line}\n`)) await terminal.out(text);
}

/** On standard error, unless it is to be quiet. */
function remark({ terminal, settings: s }: Context, text: string): void {
  if (!s.quiet.value) terminal.err(`${harmless(text)}\n`);
}

async function show(context: Context): Promise<void> {
  const shown = shownSettings(allOptions, context.layers, { all: context.settings.all.value === true });
  if (shown.length === 0) remark(context, 'nothing is set: all settings are the defaults, which --all shows');
  await print(context, shown, showLines(shown, allOptions));
}

async function path(context: Context): Promise<void> {
  const files = await filesOf(context);
  const rows = files.map(({ path: at, source, found }) => ({ path: at, source, found }));
  await print(context, rows, pathLines(files));
}

/** The files that count; with `--no-config` none. */
async function filesOf({ terminal, settings: s }: Context): Promise<readonly FoundFile[]> {
  const named = s.config.value as string | false | undefined; // `--no-config` is false
  return named === false ? [] : findFiles(terminal, named);
}

/** The file to change: the user's own with `--user`, else the nearest one, else a new one in the working folder. */
async function target(context: Context): Promise<FoundFile> {
  const files = await filesOf(context);
  const wanted = context.settings.user.value ? 'user' : 'project';
  const file = files.find(({ source }) => source === wanted);
  if (files.length === 0) throw new ComfyGenError('bad_option', '--no-config leaves no file to change');
  return file ?? newConfigFile(context.terminal.cwd, undefined);
}

async function init(context: Context): Promise<void> {
  const { terminal, layers, settings: s } = context;
  const user = s.user.value ? (await filesOf(context)).find(({ source }) => source === 'user') : undefined;
  const file = await newConfigFile(terminal.cwd, user);
  const given = keptFlags(layers, file.source);
  const isAsking = Object.keys(given).length === 0 && terminal.inIsTTY && !s.quiet.value;
  const values = isAsking ? await asking(context, (ask) => answers(context, ask, file)) : given;
  await initConfig(file, values);
  remark(context, 'change it with `comfy-gen config set <key> <value>`; `comfy-gen config show --all` lists the keys');
  await print(context, [{ path: file.path }], [file.path]);
}

/** What `init` asks for: the keys that differ from machine to machine. */
const asked: readonly (readonly [key: string, question: string])[] = [
  ['host', 'address of the ComfyUI server'],
  ['checkpoint', 'model file to use when none is named'],
  ['output', 'folder for the files'],
];

/** The answers; an empty one keeps the default, a bad one is asked for again. */
async function answers(context: Context, ask: Ask, file: FoundFile): Promise<Readonly<Record<string, unknown>>> {
  const values: Record<string, unknown> = {};
  for (const [key, question] of asked) {
    const option = allOptions[key];
    const fallback = option?.otherwise ?? String(option?.fallback);
    for (;;) {
      const answer = (await ask(`${question} [${fallback}]: `))?.trim() ?? '';
      if (answer === '') break;
      try {
        checkConfig(file, { [key]: answer });
        values[key] = answer;
        break;
      } catch (thrown) {
        if (!(thrown instanceof ComfyGenError)) throw thrown;
        context.terminal.err(`${harmless(inFlags(thrown).message)}\n`);
      }
    }
  }
  return values;
}

async function set(context: Context, [written = '', ...values]: readonly string[]): Promise<void> {
  const file = await target(context);
  const place = settingPlace(written, profileOf(context));
  await setConfig(file, place, values);
  await told(context, file, place, 'set');
}

async function unset(context: Context, [written = '']: readonly string[]): Promise<void> {
  const file = await target(context);
  const place = settingPlace(written, profileOf(context));
  const isThere = await unsetConfig(file, place);
  await told(context, file, place, isThere ? 'unset' : 'not set');
}

async function told(
  context: Context,
  { path: at }: FoundFile,
  { key, profile }: ReturnType<typeof settingPlace>,
  what: string,
): Promise<void> {
  remark(context, `${profile === undefined ? key : `profiles.${profile}.${key}`} is ${what} in ${at}`);
  await print(context, [{ path: at, key, profile: profile ?? null, state: what }], []);
}

/** `--profile` says which set of the file is meant; a variable that chooses one for every command does not. */
function profileOf({ settings: s }: Context): string | undefined {
  return s.profile.layer?.source === 'flag' ? s.profile.value : undefined;
}

/** Opens the file in the user's editor, and tells what the loader would say of it afterwards. */
async function edit(context: Context): Promise<void> {
  const { terminal } = context;
  const file = await target(context);
  const { env, platform } = terminal;
  const named = [env['VISUAL'], env['EDITOR']].find((one) => (one ?? '') !== '');
  if (named === undefined && !terminal.inIsTTY)
    throw new ComfyGenError('bad_option', '`config edit` needs a terminal, or an editor in VISUAL or EDITOR', {
      hint: 'without an editor: comfy-gen config set <key> <value>',
    });
  const editor = named ?? (platform === 'win32' ? 'notepad' : 'vi');
  if (!file.found)
    await writeNew(file.path, `${JSON.stringify({ $schema: schemaAddress }, undefined, 2)}\n`, modeOf(file)).catch(
      () => undefined,
    );
  const code = await runEditor(editor, file.path, platform);
  if (code !== 0) throw new ComfyGenError('bad_option', `the editor ${JSON.stringify(editor)} ended with ${code}`);
  const text = await readConfigText(file.path);
  if (text.trim() !== '') checkConfig(file, await parseConfig(file.path, text));
  await print(context, [{ path: file.path }], [file.path]);
}

/** An editor may be a command with arguments (`code --wait`), which the shell splits as git has it done. */
function runEditor(editor: string, path: string, platform: string): Promise<number | string> {
  return new Promise((resolve) => {
    const child =
      platform === 'win32'
        ? spawn(`${editor} "${path}"`, { shell: true, stdio: 'inherit' })
        : spawn('sh', ['-c', `${editor} "$@"`, editor, path], { stdio: 'inherit' });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
  });
}
