// Images, videos and sounds that a workflow names and that lie beside its file: they go to the server under content-hash names.
import { realpath, stat } from 'node:fs/promises';
import { sep, resolve } from 'node:path';
import { ComfyGenError } from '../errors.ts';
import { checkUserFile } from '../files/user-file.ts';
import type { Upload } from '../jobs/job.ts';
import { inputSpecs, type ObjectInfo } from '../protocol/object-info.ts';
import { applyPlaces } from '../workflow/apply-roles.ts';
import type { Place } from '../workflow/walk.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { hashFileName } from './images.ts';

const uploadOptions = ['image_upload', 'video_upload', 'audio_upload', 'file_upload'];
const maxFileBytes = 16 * 1024 ** 3;

/** The graph with content-hash names in place of the files found, and the files. Sends nothing. */
export async function filesBeside(
  workflow: Workflow,
  folder: string | undefined,
  info: ObjectInfo | undefined,
): Promise<{ workflow: Workflow; uploads: readonly Upload[] }> {
  if (folder === undefined) return { workflow, uploads: [] };
  const uploads = new Map<string, Upload>();
  const names: (Place & { value: string })[] = [];
  for (const place of loaderPlaces(workflow, info)) {
    const value = workflow[place.node]?.inputs[place.input];
    const path = typeof value === 'string' ? await fileWithin(folder, value.replace(/ \[input\]$/, '')) : undefined;
    if (path === undefined) continue;
    const name = await hashFileName(path);
    uploads.set(name, { name, source: { path } });
    names.push({ ...place, value: name });
  }
  return { workflow: applyPlaces(workflow, names), uploads: [...uploads.values()] };
}

/** Inputs that the web UI gives an upload button; without definitions, those of classes that load by name. */
function loaderPlaces(workflow: Workflow, info: ObjectInfo | undefined): Place[] {
  return Object.entries(workflow).flatMap(([node, { class_type, inputs }]) => {
    const definition = info !== undefined && Object.hasOwn(info, class_type) ? info[class_type] : undefined;
    const known = definition && inputSpecs(definition).filter((s) => uploadOptions.some((o) => s.options[o] === true));
    const guessed = /^(?:VHS_)?Load(?:Image|Audio|Video)/.test(class_type)
      ? ['image', 'mask', 'audio', 'video', 'file']
      : [];
    const candidates = known === undefined ? guessed : known.map((s) => s.name);
    return candidates.filter((input) => Object.hasOwn(inputs, input)).map((input) => ({ node, input }));
  });
}

/** Only files inside the workflow's own folder: one from elsewhere must not send whatever it names. */
async function fileWithin(folder: string, name: string): Promise<string | undefined> {
  if (name === '' || name.includes('\0')) return undefined;
  try {
    const [root, path] = await Promise.all([realpath(folder), realpath(resolve(folder, name))]);
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep) || !(await stat(path)).isFile()) return undefined;
    await checkUserFile(path, { name, max: maxFileBytes });
    return path;
  } catch (error) {
    if (error instanceof ComfyGenError) throw error;
    return undefined; // not there: the server may have it
  }
}
