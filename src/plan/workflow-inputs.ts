// Images, videos and sounds that a workflow names and that lie beside its file: they go to the server under content-hash names.
import { realpath, stat } from 'node:fs/promises';
import { sep, resolve } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import { checkUserFile, isFile } from '../files/user-file.ts';
import type { Upload } from '../jobs/job.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { applyPlaces } from '../workflow/apply-roles.ts';
import {
  absentFile,
  inputFilePlaces,
  inputFiles,
  isLocalPath,
  viewQuery,
  type InputFile,
} from '../workflow/input-files.ts';
import type { Problem } from '../workflow/problem.ts';
import { valueAt, type Place } from '../workflow/walk.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { hashFileName, type ImageSource } from './images.ts';
import type { Contact } from './servers.ts';

const maxFileBytes = 16 * 1024 ** 3;

/**
 * The graph with content-hash names in place of the files found, and the files. Sends nothing. A relative name lies in the
 * workflow's folder, an absolute one there or in the working folder.
 */
export async function filesBeside(
  workflow: Workflow,
  folder: string | undefined,
  info: ObjectInfo | undefined,
  sourceOf: ImageSource,
): Promise<{ workflow: Workflow; uploads: readonly Upload[] }> {
  if (folder === undefined) return { workflow, uploads: [] };
  const here = sourceOf('.');
  const roots = here instanceof Uint8Array ? [folder] : [folder, here.path];
  const uploads = new Map<string, Upload>();
  const names: (Place & { value: string })[] = [];
  for (const place of inputFilePlaces(workflow, info)) {
    const value = valueAt(workflow, place);
    const path = typeof value === 'string' ? await fileWithin(roots, value.replace(/ \[input\]$/, '')) : undefined;
    if (path === undefined) continue;
    const name = await hashFileName(path);
    uploads.set(name, { name, source: { path } });
    names.push({ ...place, value: name });
  }
  return { workflow: applyPlaces(workflow, names), uploads: [...uploads.values()] };
}

/** Only files inside these folders: a workflow from elsewhere must not send whatever it names. */
async function fileWithin(roots: readonly string[], name: string): Promise<string | undefined> {
  if (name === '' || name.includes('\0')) return undefined;
  for (const folder of isLocalPath(name) ? roots : roots.slice(0, 1)) {
    try {
      const [root, path] = await Promise.all([realpath(folder), realpath(resolve(folder, name))]);
      if (!path.startsWith(root.endsWith(sep) ? root : root + sep) || !(await stat(path)).isFile()) continue;
      await checkUserFile(path, { name, max: maxFileBytes });
      return path;
    } catch (error) {
      if (error instanceof ComfyGenError) throw error; // else it is not there: the server may have it
    }
  }
  return undefined;
}

/** Files of one graph that a server is asked for; the rest of so many is its own to refuse. */
const mostAsked = 64;
const atOnce = 4;

/** What servers were found to have: a batch names the same file again and again. */
const known = new WeakMap<Connection, Set<string>>();

/** The files that the graph loads, that we do not upload, and that the server lacks. One that does not say lacks nothing. */
export async function absentFiles(
  workflow: Workflow,
  uploads: readonly Upload[],
  { contact, signal }: { readonly contact: Contact | undefined; readonly signal: AbortSignal },
): Promise<readonly Problem[]> {
  if (contact?.info === undefined) return [];
  const { server } = contact;
  const ours = new Set(uploads.map(({ name }) => name));
  const asked = inputFiles(workflow, contact.info)
    .filter(({ value }) => !ours.has(value))
    .slice(0, mostAsked);
  const found: (Problem | undefined)[] = [];
  const places = asked.entries();
  const worker = async (): Promise<void> => {
    for (const [i, file] of places) found[i] = await problemOf(workflow, file, server, signal);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, asked.length) }, worker));
  return found.filter((problem) => problem !== undefined);
}

async function problemOf(
  workflow: Workflow,
  file: InputFile,
  server: Connection,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const absent = absentFile(workflow, file);
  if (!file.isLocalPath) return (await isAbsent(server, file, signal)) ? absent : undefined;
  if (!(await isFile(file.value))) return absent;
  // a server takes paths of its own machine; is ours the same one?
  const isHere = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(new URL(server.server).hostname);
  const message = `\`${file.input}\` is ${file.value}, a path of this machine, which the server does not see`;
  return isHere ? undefined : { ...absent, message };
}

async function isAbsent(server: Connection, file: InputFile, signal: AbortSignal): Promise<boolean> {
  const found = known.get(server) ?? new Set<string>();
  known.set(server, found);
  const key = viewQuery(file);
  if (found.has(key)) return false;
  try {
    const isThere = await server.hasFile(file, signal);
    if (isThere === true) found.add(key);
    return isThere === false;
  } catch {
    signal.throwIfAborted();
    return false; // what is wrong with the server shows when the job is sent
  }
}
