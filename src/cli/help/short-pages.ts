// What `<command> --help` says. Data: the bundle holds it in a file of its own, as it was when it was built.
import { commands, type CommandName } from '../commands.ts';
import { pageOf, type Page } from './page.ts';

const pages = commands.map((command) => [command.name, pageOf(command, false)]);

export const shortPages = Object.fromEntries(pages) as Readonly<Record<CommandName, Page>>; // the table holds every command
