// `comfy-gen check <file…>`: what a server would refuse of workflow files, a line a problem; nothing is sent.
import { checkFile, type FileProblem } from '../../plan/check-file.ts';
import { ComfyGenError, exitCodes, toComfyGenError } from '../../errors.ts';
import { readDefinitions } from '../../files/definitions-file.ts';
import { lazyDefinitions } from '../../protocol/lazy-definitions.ts';
import type { ObjectInfo } from '../../protocol/object-info.ts';
import { harmless, oneLine } from '../../text/harmless.ts';
import { connect } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import { jsonLine } from '../output/objects.ts';
import { firstAnswering } from '../servers.ts';
import { inFlags } from '../output/error.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, words, signal } = context;
  if (words.length === 0)
    throw new ComfyGenError('bad_input_file', '`check` needs a file', { hint: 'comfy-gen check workflow.json' });
  const info = await definitions(context);
  let code = 0;
  for (const file of words) {
    signal.throwIfAborted();
    const { problems, isReadable } = await checkOne(context, file, info);
    for (const { node, field, message } of problems) {
      const line = `${file}:${node}:${field}: ${message}`;
      await terminal.out(s.json.value ? jsonLine({ file, node, field, message }) : `${harmless(oneLine(line))}\n`);
    }
    if (!isReadable) code = exitCodes.usage;
    else if (problems.length > 0 && code === 0) code = exitCodes.validation;
  }
  return code;
}

type Checked = { readonly problems: readonly FileProblem[]; readonly isReadable: boolean };

/** A file that cannot be read, or is no workflow, is a problem of the file. */
async function checkOne(context: Context, file: string, info: ObjectInfo): Promise<Checked> {
  try {
    return { problems: await checkFile(file, pathOf(context, file), info, context.signal), isReadable: true };
  } catch (error) {
    const { code, message } = inFlags(toComfyGenError(error));
    if (code !== 'usage') throw error;
    return { problems: [{ node: '', field: '', message }], isReadable: false };
  }
}

/** From the file that was named, else from the server, which may have told them to the cache before. */
async function definitions(context: Context): Promise<ObjectInfo> {
  const path = context.settings.objectInfo.value;
  if (path !== undefined) return readDefinitions(pathOf(context, path), `--object-info: ${path}`);
  const servers = await connect(context);
  try {
    return await (await firstAnswering(context, servers)).objectInfo(context.signal);
  } catch (error) {
    const kept = await servers[0].definitions.latest();
    if (kept === undefined || toComfyGenError(error).code !== 'unreachable') throw error;
    context.log.write('info', 'no server: its definitions of last time are taken');
    return lazyDefinitions(kept.members);
  }
}
