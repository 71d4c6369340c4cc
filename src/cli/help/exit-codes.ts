// What each exit code means, for help and for docs/options.md.
import type { Kind } from '../../errors.ts';

type ExitCode = { readonly codes: string; readonly kind?: Kind; readonly when: string };

export const exitCodeTable: readonly ExitCode[] = [
  { codes: '0', when: 'every job is done and every file is saved' },
  { codes: '1', kind: 'internal', when: 'a bug in comfy-gen' },
  { codes: '2', kind: 'usage', when: 'a wrong option, configuration or input file; nothing was sent' },
  { codes: '3', kind: 'unreachable', when: 'no connection to the server, or it is not a ComfyUI' },
  { codes: '4', kind: 'validation', when: 'the workflow cannot run on this server: a model or node is missing' },
  { codes: '5', kind: 'execution', when: 'a node failed, the job made no file, or it stalled or got lost' },
  { codes: '6', kind: 'save', when: 'the job is done, but a file could not be downloaded or written' },
  { codes: '7', kind: 'timeout', when: '--timeout passed; the jobs were cancelled' },
  { codes: '8', kind: 'interrupted', when: 'someone else interrupted or deleted the job on the server' },
  {
    codes: '9',
    kind: 'auth',
    when: 'the server refuses the credentials, or asks to slow down (401, 402, 403, 407, 429)',
  },
  { codes: '10', kind: 'partial', when: 'some of several jobs failed, or they failed in different ways' },
  { codes: '130, 143', kind: 'cancelled', when: 'Ctrl-C or SIGTERM; the jobs were cancelled on the server' },
  { codes: '129', when: 'the terminal was closed; the jobs go on, `comfy-gen resume` saves them' },
  { codes: '141', when: 'the reader of standard output closed the pipe; the jobs were cancelled' },
];
