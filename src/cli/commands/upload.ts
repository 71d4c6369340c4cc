// `comfy-gen upload <file…>`: input files to the server; their server names, one a line.
import { basename, extname } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import { readUserFile } from '../../files/user-file.ts';
import { hashName } from '../../plan/images.ts';
import { checkFile } from '../../media/check.ts';
import { jsonLine } from '../output/objects.ts';
import { connect } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import { firstAnswering } from '../servers.ts';
import { harmless } from '../../text/harmless.ts';

const pictures = /^\.(?:png|jpe?g|webp|gif|bmp|tiff?|avif)$/i;
const maxBytes = 2 * 1024 ** 3 - 1;

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, signal, words } = context;
  if (words.length === 0)
    throw new ComfyGenError('bad_input_file', '`upload` needs a file', { hint: 'comfy-gen upload photo.png' });
  for (const path of words) await readInputFile(context, path); // all are looked at before the first is sent
  const server = await firstAnswering(context, await connect(context));
  const stored = new Map<string, string>();
  for (const path of words) {
    const bytes = await readInputFile(context, path);
    const content = hashName(bytes, path);
    const wanted = s.keepName.value ? basename(path) : content;
    const name = stored.get(`${wanted}\n${content}`) ?? (await server.upload(wanted, bytes, signal));
    stored.set(`${wanted}\n${content}`, name);
    await terminal.out(s.json.value ? jsonLine({ path, name }) : `${harmless(name)}\n`);
  }
  return 0;
}

async function readInputFile(context: Context, path: string): Promise<Uint8Array> {
  const bytes = await readUserFile(pathOf(context, path), { name: path, max: maxBytes });
  const wrong = pictures.test(extname(path)) ? checkFile(path, bytes) : undefined;
  if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${path} ${wrong.message}`);
  return bytes;
}
