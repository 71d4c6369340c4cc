// Pictures that options name: checked before anything is sent, uploaded after the graph was, under a content-hash name.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { checkImage } from '../media/check.ts';
import type { RecipeParams } from '../recipes/recipe.ts';
import type { Workflow, WorkflowNode } from '../workflow/workflow.ts';
import { pathOf, type Session } from '../cli/context.ts';

export type Picture = { readonly name: string; readonly path: string };
export type Pictures = {
  /** The parameters that name pictures, with content-hash names instead of paths. */
  readonly params: Partial<RecipeParams>;
  readonly files: readonly Picture[];
};

const maxPictureBytes = 1024 ** 3;

/** Reads and checks the pictures; sends nothing. Throws `bad_input_file`. */
export async function readPictures(session: Session, params: Omit<RecipeParams, 'prompt' | 'seed'>): Promise<Pictures> {
  const files = new Map<string, Picture>();
  const name = async (path: string): Promise<string> => {
    const picture = await readPicture(session, path);
    files.set(picture.name, picture);
    return picture.name;
  };
  const images = params.images && (await Promise.all(params.images.map(name)));
  const mask = params.mask === undefined ? undefined : await name(params.mask);
  const control =
    params.control && (await Promise.all(params.control.map(async (c) => ({ ...c, image: await name(c.image) }))));
  return {
    params: { ...(images && { images }), ...(mask && { mask }), ...(control && { control }) },
    files: [...files.values()],
  };
}

async function readPicture(session: Session, path: string): Promise<Picture> {
  const absolute = pathOf(session, path);
  const bytes = await readFile(absolute).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `cannot read ${path}`, { cause, hint: 'is the path right?' });
  });
  if (bytes.length === 0 || bytes.length > maxPictureBytes) {
    throw new ComfyGenError('bad_input_file', `${path} is ${bytes.length === 0 ? 'empty' : 'larger than 1 GiB'}`);
  }
  const wrong = checkImage(path, bytes.subarray(0, 65_536), bytes.subarray(-64), bytes.length);
  if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${path} ${wrong.message}`);
  return { name: hashName(bytes, path), path: absolute };
}

/** The same content has the same name everywhere: it is stored once. */
export function hashName(bytes: Uint8Array, path: string): string {
  return `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}${extname(path).toLowerCase()}`;
}

/** Server names of what this process uploaded. */
const uploaded = new WeakMap<Connection, Map<string, string>>();

/** Uploads what was not there yet and puts the names that the server answered into the graph. */
export async function sendPictures(
  server: Connection,
  workflow: Workflow,
  files: readonly Picture[],
  signal: AbortSignal,
): Promise<Workflow> {
  const known = uploaded.get(server) ?? new Map<string, string>();
  uploaded.set(server, known);
  for (const { name, path } of files) {
    if (!known.has(name)) known.set(name, await server.upload(name, await readFile(path), signal));
  }
  const renamed = (node: WorkflowNode): WorkflowNode => {
    const inputs = Object.entries(node.inputs).map(([key, value]) => [
      key,
      (typeof value === 'string' ? known.get(value) : undefined) ?? value,
    ]);
    return { ...node, inputs: Object.fromEntries(inputs) as WorkflowNode['inputs'] }; // values of the same kinds
  };
  if (files.every(({ name }) => known.get(name) === name)) return workflow;
  return Object.fromEntries(Object.entries(workflow).map(([id, node]) => [id, renamed(node)]));
}
