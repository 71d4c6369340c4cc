// The table of commands: name, one line of help, what words it takes, and where its code lives.
import type { Context } from './context.ts';

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
  | 'convert'
  | 'upload'
  | 'doctor'
  | 'config'
  | 'serve'
  | 'completion'
  | 'help';

/** A command's work: results to standard output, the exit code back. */
export type Run = (context: Context) => Promise<number>;

export type Command = {
  readonly name: CommandName;
  readonly summary: string;
  /** As usage shows its words: `<file>`, `[ids...]`. */
  readonly words: string;
  /** More words than this are surplus. */
  readonly maxWords: number;
  readonly load: () => Promise<{ readonly run: Run }>;
};

const many = Number.POSITIVE_INFINITY;

export const commands: readonly Command[] = [
  {
    name: 'generate',
    summary: 'make a picture from a prompt (the default command)',
    words: '<prompt...>',
    maxWords: many,
    load: () => import('./commands/generate.ts'),
  },
  {
    name: 'run',
    summary: 'run any workflow file, or the one an image carries',
    words: '<file>',
    maxWords: 1,
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'batch',
    summary: 'many jobs from a .txt, .jsonl or .csv file',
    words: '<file>',
    maxWords: 1,
    load: () => import('./commands/batch.ts'),
  },
  {
    name: 'attach',
    summary: 'watch and save a job that was submitted before',
    words: '<prompt_id>',
    maxWords: 1,
    load: () => import('./commands/attach.ts'),
  },
  {
    name: 'resume',
    summary: 'collect what was submitted and never saved',
    words: '',
    maxWords: 0,
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'log',
    summary: 'list past runs; words choose among them',
    words: '[words...]',
    maxWords: many,
    load: () => import('./commands/log.ts'),
  },
  {
    name: 'queue',
    summary: "show the server's queue",
    words: '',
    maxWords: 0,
    load: () => import('./commands/queue.ts'),
  },
  {
    name: 'cancel',
    summary: 'take jobs off the queue, or interrupt them',
    words: '[ids...]',
    maxWords: many,
    load: () => import('./commands/cancel.ts'),
  },
  {
    name: 'history',
    summary: 'show what the server finished',
    words: '',
    maxWords: 0,
    load: () => import('./commands/history.ts'),
  },
  {
    name: 'list',
    summary: 'checkpoints, loras, samplers, nodes, recipes, … of the server',
    words: '<kind>',
    maxWords: 1,
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'inspect',
    summary: 'print the parameters and the workflow an image carries',
    words: '<image>',
    maxWords: 1,
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'convert',
    summary: 'UI-format workflow to API format',
    words: '<file>',
    maxWords: 1,
    load: () => import('./commands/convert.ts'),
  },
  {
    name: 'upload',
    summary: 'put input files on the server',
    words: '<file...>',
    maxWords: many,
    load: () => import('./commands/upload.ts'),
  },
  {
    name: 'doctor',
    summary: 'check the server and this machine',
    words: '',
    maxWords: 0,
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'config',
    summary: 'show, locate or create the configuration',
    words: '<show|path|init>',
    maxWords: 1,
    load: () => import('./commands/config.ts'),
  },
  { name: 'serve', summary: 'run the demo server', words: '', maxWords: 0, load: () => import('./commands/serve.ts') },
  {
    name: 'completion',
    summary: 'shell completion for bash, zsh, fish, powershell',
    words: '<shell>',
    maxWords: 1,
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'help',
    summary: 'help on a command or a topic',
    words: '[topic]',
    maxWords: 1,
    load: () => import('./commands/help.ts'),
  },
];

export function findCommand(word: string): Command | undefined {
  return commands.find((c) => c.name === word);
}

/** What a command line that names none is. */
export const defaultCommand: Command = commands.find((c) => c.name === 'generate') as Command; // it stands first in the table

/** Words that will be commands: none of them is a prompt by itself. */
export const reserved: readonly string[] = [
  'enqueue', 'worker', 'mcp', 'types', 'gallery', 'upscale', 'check', 'free',
]; // prettier-ignore
