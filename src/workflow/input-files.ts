// The files that a graph loads by name: from the server's folders, or by a path of the machine that it was written on.
import { inputSpecs, type ObjectInfo } from '../protocol/object-info.ts';
import { neededNodes } from './check.ts';
import type { Problem } from './problem.ts';
import { nodeAt, valueAt, type Place } from './walk.ts';
import { titleOf, type Workflow } from './workflow.ts';

export type InputFile = Place & {
  /** As the graph has it. */
  readonly value: string;
  readonly filename: string;
  readonly subfolder: string;
  readonly type: 'input' | 'output' | 'temp';
  /** A path of some machine (`/home/me/cat.png`, `C:\x\cat.png`), which no server takes. */
  readonly isLocalPath: boolean;
};

/** Any of these on an input: the web UI gives it an upload button. */
const uploadMarks = ['image_upload', 'video_upload', 'audio_upload', 'file_upload', 'upload'];
/** Core's inputs that read the input folder without a mark. */
const unmarked = new Set(['LoadLatent.latent', 'Load3D.model_file', 'Load3DAnimation.model_file']);
const loaders = /^(?:VHS_)?Load(?:Image|Audio|Video)(?!Set|Text|Dataset|s?Path|s?From)/;
const guessed = ['image', 'mask', 'audio', 'video', 'file'];

/** The files that the outputs need, in the order of the nodes; without definitions by the names of classes. */
export function inputFiles(workflow: Workflow, info?: ObjectInfo): InputFile[] {
  const needed = info === undefined ? undefined : neededNodes(workflow, info);
  return inputFilePlaces(workflow, info)
    .filter(({ node }) => needed === undefined || needed.has(node))
    .flatMap((place) => {
      const value = valueAt(workflow, place);
      return typeof value === 'string' && value.trim() !== '' ? [{ ...place, value, ...partsOf(value) }] : [];
    });
}

/** Inputs that name such a file, whatever they hold. */
export function inputFilePlaces(workflow: Workflow, info?: ObjectInfo): Place[] {
  return Object.entries(workflow).flatMap(([node, { class_type: className, inputs }]) => {
    const definition = info !== undefined && Object.hasOwn(info, className) ? info[className] : undefined;
    const marked =
      definition && inputSpecs(definition).filter((s) => uploadMarks.some((mark) => isOn(s.options[mark])));
    const own = Object.keys(inputs).filter((input) => unmarked.has(`${className}.${input}`));
    const byClass = loaders.test(className) ? guessed : [];
    const names = [...(marked === undefined ? byClass : marked.map((s) => s.name)), ...own];
    return [...new Set(names)].filter((input) => Object.hasOwn(inputs, input)).map((input) => ({ node, input }));
  });
}

const isOn = (mark: unknown): boolean => mark !== undefined && mark !== null && mark !== false;

/** `sub/x.png [output]` -> its parts. Only `/` makes folders: a backslash may be part of a name. */
function partsOf(value: string): Omit<InputFile, keyof Place | 'value'> {
  const [, path = value, folder] = /^(.*) \[(input|output|temp)\]$/s.exec(value) ?? [];
  const slash = path.lastIndexOf('/');
  return {
    filename: path.slice(slash + 1),
    subfolder: slash < 0 ? '' : path.slice(0, slash),
    type: folder === 'output' || folder === 'temp' ? folder : 'input',
    isLocalPath: isLocalPath(path),
  };
}

/** An absolute path, of Linux, macOS or Windows. */
export function isLocalPath(text: string): boolean {
  return /^(?:\/|~[\\/]|[A-Za-z]:[\\/]|\\\\)/.test(text);
}

/** What `GET /view` is asked to find out whether it is there (protocol.md 6). */
export function viewQuery({ filename, subfolder, type }: Pick<InputFile, 'filename' | 'subfolder' | 'type'>): string {
  return new URLSearchParams({ filename, subfolder, type }).toString();
}

/** The problem of a file that neither the server nor, for a local path, this machine has. */
export function absentFile(workflow: Workflow, file: InputFile): Problem {
  const { node, input, value, type, isLocalPath: isLocal } = file;
  const name = value.replace(/ \[(?:input|output|temp)\]$/, '');
  const message = isLocal
    ? `\`${input}\` is ${name}, a path that is not on this machine, and a server takes no paths`
    : `\`${input}\`: the server has no ${type} file ${name}`;
  const hint = 'name a file of this machine with --image, or put it there with `comfy-gen upload`';
  return {
    ...{ node, input, title: titleOf(workflow, node), class_type: nodeAt(workflow, node)?.class_type ?? '' },
    ...{ reason: 'invalid_value', message, hint },
  };
}
