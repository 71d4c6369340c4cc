// argv and a terminal -> exit code. Answers `--version`, `--help` and `<command> --help` by itself, and what completion scripts
// ask; all else is one import away.
import { version } from '../version.ts';
import { findCommand, type Command } from './commands.ts';
import { printValues } from './completion/values.ts';
import { writeFront } from './help/front.ts';
import { writePage } from './help/page.ts';
import { shortFront } from './help/short-front.ts';
import type { Terminal } from './terminal.ts';

export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv[0] === 'completion' && argv[1] === 'values') return printValues(argv.slice(2), terminal);
  const answer = answerTo(argv);
  if (answer === undefined) {
    const { run } = await import('./run.ts');
    return run(argv, terminal);
  }
  try {
    await terminal.out(await answer(terminal));
    return 0;
  } catch (error) {
    const { showFailure } = await import('./failure.ts');
    return showFailure(error, argv, terminal);
  }
}

type Answer = (terminal: Terminal) => string | Promise<string>;

const writeVersion = (): string => `${version()}\n`;
const writeHelp: Answer = (terminal) => writeFront(shortFront, terminal.columns());

/** Command lines of one word that need no command. */
const answers: ReadonlyMap<string, Answer> = new Map([
  ['-V', writeVersion],
  ['--version', writeVersion],
  ['-h', writeHelp],
  ['--help', writeHelp],
]);

/** What answers a command line that needs no command: those, and `<command> --help`. */
function answerTo(argv: readonly string[]): Answer | undefined {
  const [first = '', second = ''] = argv;
  if (argv.length === 1) return answers.get(first);
  const command = argv.length === 2 && answers.get(second) === writeHelp ? findCommand(first) : undefined;
  if (command?.name === 'help') return writeHelp;
  return command && ((terminal) => writeCommandHelp(command, terminal));
}

async function writeCommandHelp({ name }: Command, terminal: Terminal): Promise<string> {
  const { shortPages } = await import('./help/short-pages.ts');
  return writePage(shortPages[name], terminal.columns());
}
