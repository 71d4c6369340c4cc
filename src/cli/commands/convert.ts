// `comfy-gen convert <file>`: UI format to API format, on standard output; API format passes through.
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { ComfyGenError } from '../../errors.ts';
import { parseJson, stringifyJson } from '../../protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../../protocol/object-info.ts';
import { convertWorkflow } from '../../convert/convert.ts';
import { connect, pathOf, type Session } from '../context.ts';
import { sayTo } from '../start-jobs.ts';
import { loadWorkflow } from '../../plan/load-workflow.ts';

const maxDefinitionBytes = 512 * 1024 ** 2;

export async function run(session: Session): Promise<number> {
  const { settings: s, terminal, signal } = session;
  const isTemplate = session.words[0]?.startsWith('template:') === true;
  const [server] = isTemplate || s.objectInfo.value === undefined ? await connect(session) : [];
  const { file } = await loadWorkflow(session, () => {
    if (server === undefined) throw new ComfyGenError('internal', 'no server');
    return server;
  });
  const say = sayTo(session);
  let workflow = file.format === 'api' ? file.workflow : undefined;
  if (file.format === 'ui') {
    const info =
      s.objectInfo.value === undefined
        ? await server?.objectInfo(signal)
        : await readDefinitions(session, s.objectInfo.value);
    const converted = convertWorkflow(file.ui, info ?? {});
    for (const warning of converted.warnings) say(warning, 'warning');
    workflow = converted.workflow;
  }
  await terminal.out(`${stringifyJson(workflow, s.json.value ? undefined : 2)}\n`);
  return 0;
}

/** What `GET /object_info` answered, kept in a file, gzip'd or not. */
async function readDefinitions(session: Session, path: string): Promise<ObjectInfo> {
  const refuse =
    (why: string) =>
    (cause: unknown): never => {
      throw new ComfyGenError('bad_input_file', `--object-info: ${path} ${why}`, { cause });
    };
  const bytes = await readFile(pathOf(session, path)).catch(refuse('cannot be read'));
  let info: ObjectInfo;
  try {
    const plain =
      bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: maxDefinitionBytes }) : bytes;
    info = parseObjectInfo(parseJson(plain.toString('utf8')));
  } catch (cause) {
    return refuse('is no JSON')(cause);
  }
  if (Object.keys(info).length === 0) refuse('holds no node definitions')(undefined);
  return info;
}
