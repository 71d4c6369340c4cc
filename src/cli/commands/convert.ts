// `comfy-gen convert <file>`: UI format to API format, on standard output; API format passes through.
import { convertWorkflow } from '../../convert/convert.ts';
import { ComfyGenError } from '../../errors.ts';
import { readDefinitions } from '../../files/definitions-file.ts';
import { isOnServer, loadWorkflow, needsGraph, parseBytes } from '../../plan/load-workflow.ts';
import type { LoadedWorkflow } from '../../plan/spec.ts';
import { stringifyJson } from '../../protocol/json.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { connect, type Connections } from '../connect.ts';
import { inputOf, pathOf, type Context } from '../context.ts';
import { escaped } from '../output/objects.ts';
import { notices } from '../notes.ts';
import { firstAnswering } from '../servers.ts';
import { readBytes } from '../read-prompts.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, words } = context;
  const [word] = words;
  if (word === undefined)
    throw new ComfyGenError('bad_input_file', '`convert` needs a file', { hint: 'comfy-gen convert workflow.json' });
  const needsServer = isOnServer(word) || s.objectInfo.value === undefined;
  const named = needsServer ? await connect(context) : undefined;
  const servers = named && isOnServer(word) ? ([await firstAnswering(context, named)] as const) : named;
  const workflow = await graphOf(context, await load(context, word, servers), servers);
  await terminal.out(`${escaped(stringifyJson(workflow, s.json.value ? undefined : 2))}\n`);
  return 0;
}

async function load(context: Context, word: string, servers: Connections | undefined): Promise<LoadedWorkflow> {
  if (word === '-') return needsGraph(parseBytes(await readBytes(inputOf(context)), 'standard input'));
  return loadWorkflow(word, {
    pathOf: (path) => pathOf(context, path),
    signal: context.signal,
    server: () => {
      if (servers === undefined) throw new ComfyGenError('internal', 'no server');
      return servers[0];
    },
  });
}

async function graphOf(
  context: Context,
  { file }: LoadedWorkflow,
  servers: Connections | undefined,
): Promise<Workflow> {
  if (file.format === 'api') return file.workflow;
  const path = context.settings.objectInfo.value;
  const info =
    path !== undefined
      ? await readDefinitions(pathOf(context, path), `--object-info: ${path}`)
      : servers && (await (await firstAnswering(context, servers)).objectInfo(context.signal));
  const { workflow, warnings } = convertWorkflow(file.ui, info ?? {});
  const { note } = notices(context);
  for (const warning of warnings) note(warning, 'warning');
  return workflow;
}
