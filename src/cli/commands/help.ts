// Help: on the tool, on a command, on a topic. Built by commander from the option tables.
import { readFile } from 'node:fs/promises';
import { ComfyGenError, exitCodes } from '../../errors.ts';
import { commandOptions, documented } from '../../options/settings.ts';
import type { OptionTable } from '../../options/option.ts';
import { commandParser } from '../argv.ts';
import { commands, findCommand, type Command } from '../commands.ts';
import type { Context } from '../context.ts';

const examples = `
Examples:
  comfy-gen "a futuristic city"
  comfy-gen "a lighthouse" -n blurry --size 768x512 -s 25 --seed 7
  comfy-gen --demo "a lighthouse"            no server? a demo one draws something
  comfy-gen "a cat" --json | jq -r .files[].path

Exit codes:
${Object.entries(exitCodes)
  .map(([kind, code]) => `  ${String(code).padStart(3)}  ${kind}`)
  .join('\n')}
`;

/** Help on one command, or on the whole tool. */
export function helpText(named: Command | undefined): string {
  const command = named ?? commands.find((c) => c.name === 'generate');
  if (command === undefined) return '';
  const usage =
    named === undefined ? '[options] <prompt...>' : `[options]${command.words === '' ? '' : ` ${command.words}`}`;
  const shown = commandParser(command)
    .name(named === undefined ? 'comfy-gen' : `comfy-gen ${command.name}`)
    .usage(usage)
    .description(
      named === undefined ? 'A prompt becomes a picture on disk, made by a ComfyUI server.' : `${command.summary}.`,
    );
  for (const option of shown.options) option.helpGroup(groupOf(option.attributeName(), commandOptions[command.name]));
  if (named !== undefined) return shown.helpInformation();
  const list = commands.map((c) => `  ${`${c.name} ${c.words}`.padEnd(28)} ${c.summary}`);
  return `${shown.helpInformation()}\nCommands:\n${list.join('\n')}\n${examples}`;
}

/** The README's heading over an option; `port` means another thing in `serve`. */
function groupOf(key: string, table: OptionTable): string {
  const option = Object.hasOwn(table, key) ? table[key] : undefined;
  const title = Object.keys(documented).find((one) => option !== undefined && documented[one]?.[key] === option);
  return `${title ?? 'Options'}:`;
}

export async function run(context: Context): Promise<number> {
  const [topic] = context.words;
  if (topic === 'json') {
    // the schema of what --json and --events print, shipped beside the code
    await context.terminal.out(await readFile(new URL('../../../schema/output.json', import.meta.url)));
    return 0;
  }
  const command = topic === undefined ? undefined : findCommand(topic);
  if (topic !== undefined && command === undefined) {
    throw new ComfyGenError('bad_option', `no help on ${JSON.stringify(topic)}`, {
      hint: `topics: json (the schema of --json and --events); commands: ${commands.map((c) => c.name).join(', ')}`,
    });
  }
  await context.terminal.out(helpText(command));
  return 0;
}
