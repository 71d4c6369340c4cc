// The table of commands: name, one line of help, and what words it takes.
export type CommandName =
  | 'generate'
  | 'run'
  | 'batch'
  | 'attach'
  | 'resume'
  | 'log'
  | 'queue'
  | 'cancel'
  | 'history'
  | 'list'
  | 'inspect'
  | 'gallery'
  | 'upscale'
  | 'check'
  | 'free'
  | 'convert'
  | 'types'
  | 'upload'
  | 'doctor'
  | 'config'
  | 'enqueue'
  | 'worker'
  | 'serve'
  | 'mcp'
  | 'completion'
  | 'help';

export type Command = {
  readonly name: CommandName;
  readonly summary: string;
  /** As usage shows its words: `<file>`, `[ids...]`. */
  readonly words: string;
  /** More words than this are surplus. */
  readonly maxWords: number;
};

/** What `config` does. */
export const configActions = ['show', 'path', 'init', 'set', 'unset', 'edit'] as const;
export type ConfigAction = (typeof configActions)[number];

const many = Number.POSITIVE_INFINITY;

export const commands: readonly Command[] = [
  {
    name: 'generate',
    summary: 'make a picture from a prompt (the default command)',
    words: '<prompt...>',
    maxWords: many,
  },
  {
    name: 'run',
    summary: 'run a workflow file, or the workflow in an image',
    words: '<file>',
    maxWords: 1,
  },
  {
    name: 'batch',
    summary: 'run many jobs, from a .txt, .jsonl or .csv or images',
    words: '<file|folder|pictures...>',
    maxWords: many,
  },
  {
    name: 'attach',
    summary: 'wait for a job that was sent before and save it',
    words: '<prompt_id>',
    maxWords: 1,
  },
  {
    name: 'resume',
    summary: 'save the files of jobs that were never collected',
    words: '',
    maxWords: 0,
  },
  {
    name: 'log',
    summary: 'list past runs; words filter them',
    words: '[words...]',
    maxWords: many,
  },
  {
    name: 'queue',
    summary: "show the server's queue",
    words: '',
    maxWords: 0,
  },
  {
    name: 'cancel',
    summary: 'remove jobs from the queue, or interrupt them',
    words: '[ids...]',
    maxWords: many,
  },
  {
    name: 'history',
    summary: 'show the finished jobs of the server',
    words: '',
    maxWords: 0,
  },
  {
    name: 'list',
    summary: 'list models, samplers, nodes, recipes, …',
    words: '<kind> [words...]',
    maxWords: many,
  },
  {
    name: 'inspect',
    summary: 'print the parameters and workflow in an image',
    words: '<image>',
    maxWords: 1,
  },
  {
    name: 'gallery',
    summary: 'one HTML page of pictures, with how each was made',
    words: '[folder|files...]',
    maxWords: many,
  },
  {
    name: 'convert',
    summary: 'convert a UI-format workflow to API format',
    words: '<file>',
    maxWords: 1,
  },
  {
    name: 'types',
    summary: "TypeScript types of a server's nodes, for graph()",
    words: '',
    maxWords: 0,
  },
  {
    name: 'upscale',
    summary: 'enlarge images; --refine also samples them again, in tiles',
    words: '<image|folder...>',
    maxWords: many,
  },
  {
    name: 'check',
    summary: 'check workflow files against node definitions',
    words: '<file...>',
    maxWords: many,
  },
  { name: 'free', summary: "free the server's models and memory", words: '', maxWords: 0 },
  {
    name: 'upload',
    summary: 'upload input files to the server',
    words: '<file...>',
    maxWords: many,
  },
  {
    name: 'doctor',
    summary: 'check the server and this machine',
    words: '',
    maxWords: 0,
  },
  {
    name: 'config',
    summary: 'show, locate, create or change the configuration',
    words: '<show|path|init|set|unset|edit> [key] [value...]',
    maxWords: many,
  },
  {
    name: 'enqueue',
    summary: 'give jobs to workers through Redis',
    words: '<prompt...|file>',
    maxWords: many,
  },
  { name: 'worker', summary: 'run jobs from Redis on your servers', words: '', maxWords: 0 },
  {
    name: 'mcp',
    summary: 'run an MCP server: tools for AI agents',
    words: '',
    maxWords: 0,
  },
  { name: 'serve', summary: "run a demo server that speaks ComfyUI's protocol", words: '', maxWords: 0 },
  {
    name: 'completion',
    summary: 'print a completion script for your shell',
    words: '<shell>',
    maxWords: 1,
  },
  {
    name: 'help',
    summary: 'help on a command or a topic',
    words: '[topic]',
    maxWords: 1,
  },
];

export function findCommand(word: string): Command | undefined {
  return commands.find((c) => c.name === word);
}

/** What a command line that names none is. */
export const defaultCommand: Command = commands.find((c) => c.name === 'generate') as Command; // it stands first in the table
