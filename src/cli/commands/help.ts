// `comfy-gen help [topic]`: help on the tool, on a command or on a topic; `--json` gives the first two as data.
import { readFile } from 'node:fs/promises';
import { ComfyGenError } from '../../errors.ts';
import { closest } from '../../text/closest.ts';
import { commands, findCommand } from '../commands.ts';
import type { Context } from '../context.ts';
import { jsonLine } from '../output/objects.ts';
import { helpPage } from '../help/page.ts';
import { topics } from '../help/topics.ts';
import { packageFile } from '../../version.ts';

export async function run({ terminal, words, settings }: Context): Promise<number> {
  const [name] = words;
  const command = name === undefined ? undefined : findCommand(name);
  if (settings.json.value && (name === undefined || command !== undefined)) {
    const { helpData } = await import('../help/data.ts');
    await terminal.out(jsonLine(helpData(command)));
    return 0;
  }
  if (name === undefined || command !== undefined) {
    await terminal.out(helpPage(command, { all: false, columns: terminal.columns() }));
    return 0;
  }
  await terminal.out(name === 'json' ? await outputSchema() : topicText(name, terminal));
  return 0;
}

/** The schema of what --json and --events print, shipped beside the code. */
const outputSchema = (): Promise<Buffer> => readFile(packageFile('schema/output.json'));

function topicText(name: string, terminal: Context['terminal']): string {
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
  if (topic !== undefined) return topic.write(terminal.columns(), terminal);
  const [near] = closest(name, [...Object.keys(topics), ...commands.map((c) => c.name)], 1);
  throw new ComfyGenError('bad_option', `no help on ${JSON.stringify(name)}`, {
    hint:
      near === undefined
        ? `topics: ${Object.keys(topics).join(', ')}; commands: comfy-gen help`
        : `did you mean ${near}?`,
  });
}
