// Options of what becomes of the files.
import { bytes } from '../kinds.ts';
import { choice, integer, text, toggle, type OptionTable } from '../option.ts';

/** What becomes of the files. */
export const output = {
  output: text('folder for the files; or a file name; or - for standard output', {
    short: 'o',
    argument: 'dir',
    names: 'folder',
    fallback: 'images/output',
  }),
  name: text('template of the file names; see `help names`', {
    argument: 'template',
    fallback: '{date}_{time}_{name}',
  }),
  format: choice('format of saved images', ['png', 'webp', 'jpg', 'avif'], {
    otherwise: "the server's",
    alias: { jpeg: 'jpg' },
  }),
  quality: integer('quality of webp, jpg and avif, 1–100', { min: 1, max: 100 }, { otherwise: "the encoder's" }),
  stripMetadata: toggle('save files without the prompt and workflow inside'),
  dryRun: toggle('print the workflow; send nothing'),
  saveWorkflow: toggle('save the workflow as JSON beside its image'),
  show: toggle('show the image in the terminal'),
  previews: toggle('show previews in the terminal while sampling'),
  previewFile: text('keep the newest preview in this file', { argument: 'path', names: 'file' }),
  gallery: toggle("write an HTML page of this run's files into the output folder"),
  grid: text("draw this run's images on one labelled sheet", { argument: 'file', names: 'file' }),
  exec: text('run this command with the path of each saved file as its last argument', {
    argument: 'command',
    flagOnly: true,
    env: 'COMFY_GEN_EXEC',
  }),
  freeAfter: toggle('free the memory of the server after the last job'),
  open: toggle('open each saved image in its default program'),
  wait: toggle('print the id of the job (prompt_id) and do not wait', { negated: true }),
  allowEmpty: toggle('accept a job that makes no file'),
  force: toggle('run again even if the server has the result cached'),
  maxDownload: bytes('largest file to accept', { fallback: 16 * 1024 ** 3 }),
  print0: toggle('end each printed path with NUL instead of a line break', { short: '0' }),
  journal: toggle('do not record this run in the journal', { negated: true }),
} satisfies OptionTable;
