// The topics of help: what concerns more than one command.
import { join } from 'node:path';
import { platformFolder, type Platform } from '../../config/folders.ts';
import { nameFields } from '../../files/name.ts';
import { configTable, envName, readsEnv } from '../../options/describe.ts';
import { allOptions } from '../../options/settings.ts';
import { exitCodeTable } from './exit-codes.ts';
import { writeExamples, writeSections, writeText, type Item } from './layout.ts';

type Topic = { readonly summary: string; readonly write: (columns: number, platform: Platform) => string };

export const topics: Readonly<Record<string, Topic>> = {
  'exit-codes': { summary: 'what the exit codes mean', write: exitCodes },
  names: { summary: 'templates of file names (--name)', write: names },
  sweeps: { summary: 'every combination of several values (--sweep)', write: sweeps },
  environment: { summary: 'environment variables', write: environment },
  files: { summary: 'the files that comfy-gen reads and writes', write: files },
  config: { summary: 'configuration files, profiles, and which value counts', write: config },
  workflows: { summary: 'running and changing workflow files', write: workflows },
  json: { summary: 'the JSON Schema of what --json and --events print', write: () => '' },
};

function exitCodes(columns: number): string {
  const items = exitCodeTable.map(({ codes, kind, when }): Item => [`${codes.padEnd(9)} ${kind ?? ''}`.trim(), when]);
  return `${writeSections([{ title: 'Exit codes', items }], columns)}
${writeText('The name beside a code is `error.code` in the object that --json prints; `error.reason` there says exactly what happened.', columns)}`;
}

const fieldNotes: Readonly<Record<(typeof nameFields)[number], string>> = {
  date: 'the day, 20260102',
  time: 'the time, 030405; one time for all files of a job',
  name: "the server's name for the file without its extension, ComfyUI_00001_",
  seed: 'the seed',
  prompt: 'the prompt in lower case with - between words; {prompt:40} at most 40 characters',
  index: 'number of the file within its job, from 1; {index:04} is 0001',
  row: 'number of the job or of the row in a batch, from 1',
  prompt_id: 'the id of the job',
  node: 'id of the node that made the file',
  checkpoint: 'the model without its folder and extension',
  width: 'width in pixels',
  height: 'height in pixels',
  steps: 'sampling steps',
  cfg: 'CFG scale',
  sampler: 'sampler',
  scheduler: 'scheduler',
  lora: 'the LoRA without its folder and extension',
  sweep: 'the values of the sweep, cfg4_steps10',
};

function names(columns: number): string {
  const intro = `The default is {date}_{time}_{name}; a swept job's name ends with its values. The extension is added. A / makes folders. An unknown value reads "none". A file that exists is never overwritten: the new one ends with -2, -3, and so on.`;
  const items = nameFields.map((field): Item => [`{${field}}`, fieldNotes[field]]);
  const examples: readonly Item[] = [
    ['comfy-gen "a cat" --name \'{prompt:40}_{seed}\'', ''],
    ['comfy-gen "a cat" --name \'{checkpoint}/{date}_{index:03}\'', ''],
  ];
  return `${writeText(intro, columns)}\n${writeSections([{ title: 'Fields', items }], columns)}\n${writeExamples(examples, columns)}`;
}

function sweeps(columns: number): string {
  const intro =
    '--sweep key=values runs a job for each value; several --sweep run every combination. In `batch` each row is run with each. Any generation option can be swept, and set.<node.input>.';
  const items: readonly Item[] = [
    ['--sweep cfg=4,6,8', 'three values; write \\, for a comma within a value'],
    ['--sweep steps=10..50:10', '10, 20, 30, 40 and 50'],
    ["--sweep 'checkpoint=*xl*'", 'all models on the server whose name matches; * and ? stand for any letters'],
    ['--sweep set.3.denoise=0.4,0.6', 'an input of the workflow'],
  ];
  const outro =
    'Models are changed as seldom as possible, since loading them takes longest. Give --seed, so that only the swept values differ. The field `sweep` of a result holds its values.';
  return `${writeText(intro, columns)}\n${writeSections([{ title: 'Values', items }], columns)}\n${writeText(outro, columns)}`;
}

function environment(columns: number): string {
  const others: readonly Item[] = [
    ['COMFY_GEN_TOKEN', 'bearer token for the server (another name: --token-env)'],
    ['COMFY_GEN_PARTNER_KEY', 'API key for partner nodes (another name: --partner-key-env)'],
    ['NO_COLOR, FORCE_COLOR', 'no colors; colors also without a terminal'],
    ['HTTP_PROXY, HTTPS_PROXY', 'proxy; NO_PROXY names the hosts without one'],
  ];
  const variables = Object.entries(allOptions)
    .filter(([, option]) => readsEnv(option))
    .map(([key, option]): Item => [envName(key, option), option.help]);
  return `${writeText('A variable counts over configuration files; an option on the command line counts over a variable. An empty variable is not set. A switch takes true or false.', columns)}
${writeSections([{ title: 'Variables beside the options', items: others }], columns)}
${writeSections([{ title: 'Variables of options', items: variables }], columns)}`;
}

function files(columns: number, platform: Platform): string {
  const items: readonly Item[] = [
    [
      '.comfyrc',
      'the project\'s configuration: the nearest one from the current folder upwards (also .comfyrc.json, .comfyrc.yaml, or "comfy" in package.json)',
    ],
    [join(platformFolder('config', platform), 'config.json'), 'your own configuration (also config.yaml)'],
    ['images/output/', 'saved files, unless --output names another folder'],
    ['images/output/.comfy-gen-archive.jsonl', 'what `batch` has done, in its output folder; --no-archive keeps none'],
    [
      join(platformFolder('state', platform), 'journal.jsonl'),
      'your past jobs with their prompts, for `log` and `resume`; --no-journal keeps none',
    ],
    [platformFolder('cache', platform), "caches, such as a server's node definitions; may be deleted at any time"],
  ];
  return writeSections([{ title: 'Files', items }], columns);
}

function config(columns: number): string {
  const keys = Object.keys(configTable(allOptions)).length;
  const text = `Which value counts, the strongest first: the row of a batch, the command line, COMFY_GEN_* variables, the nearest .comfyrc, your own file, the default. Each key by itself.

A file is JSON or YAML. Its ${keys} keys are the option names in camelCase, without --; a switch like --no-wait is "wait": false. An unknown key is an error. Paths are relative to the current folder.

  { "host": "https://box.example/comfy", "steps": 30, "output": "pictures",
    "profiles": { "draft": { "steps": 8 }, "local": { "host": "127.0.0.1" } } }

--profile draft uses that named set. --config <file> reads another file, --no-config none.

Passwords and tokens do not belong in a file: "tokenEnv" names the environment variable that holds the token. A project's file cannot set it, nor "ca", "insecure" or "proxy"; and a token goes only to a server that you named yourself, not to one that only a project's file names.

  comfy-gen config show      settings and where they come from
  comfy-gen config path      which files are read
  comfy-gen config init      write a .comfyrc`;
  return writeText(text, columns);
}

function workflows(columns: number): string {
  const text = `\`comfy-gen run <file>\` runs a workflow as JSON (API format, or as the web UI saves it), the workflow in an image, or a template of the server's gallery; see \`comfy-gen run --help\`.

What the file says is used unless an option on the command line says otherwise: -p, --seed, --steps, --size, --checkpoint and others are set in the workflow where it has an input for them. Generation options in a configuration file or the environment are not used, with a warning.

--set node.input=value sets any input. The node is an id, a title, or a class name if only one node has it.

  comfy-gen run workflow.json -p "a cat" --set KSampler.denoise=0.5

--dry-run prints the workflow that would be sent, for \`generate\` too. --save-workflow keeps it beside the image. Drag the JSON or the image into ComfyUI to open it there.

  comfy-gen --dry-run "a cat" > workflow.json
  comfy-gen inspect picture.png --workflow > workflow.json
  comfy-gen convert saved-in-the-web-ui.json > workflow.json`;
  return writeText(text, columns);
}
