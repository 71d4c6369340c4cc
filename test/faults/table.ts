// The table of faults: every row of every group, as the suite plays it and docs/reliability.md prints it.
import type { Row } from './bench.ts';
import { connecting } from './connecting.ts';
import { download } from './download.ts';
import { history } from './history.ts';
import { hostile } from './hostile.ts';
import { leaving } from './leaving.ts';
import { machine } from './machine.ts';
import { prompt } from './prompt.ts';
import { running } from './running.ts';
import { socket } from './socket.ts';

export const table: readonly (readonly [group: string, rows: readonly Row[]])[] = [
  ['Connecting', connecting],
  ['Sending the job (`POST /prompt`)', prompt],
  ['The WebSocket', socket],
  ['Waiting and running', running],
  ['History, queue, jobs', history],
  ['Downloading', download],
  ['This machine', machine],
  ['Leaving', leaving],
  ['Hostile servers', hostile],
];
