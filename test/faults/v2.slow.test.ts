// The table of faults once more, before a server that speaks Comfy API v2: the same exit codes, reasons and files.
import { describe, test } from 'vitest';
import { play, type Row } from './bench.ts';
import { table } from './table.ts';

/** Faults that v2 has as well; the others are of routes, ids and messages that it has not. */
const common =
  /^(?:prompt-(?:reset|lost|queued-status|status|empty|garbage|after)|upload-|ws-(?:status|drop|silent|garbage|huge|no-success|flood)|node-error|oom|broken-model|interrupted|deleted|restart|gone|stuck|history-late|view-(?!redirect|wrong)|any-)/;
/** What is true of ComfyUI's own routes alone; v2 does not tell the type of an exception. */
const isOther =
  /^a node raises$|401 for the file alone|^200 with a web page|too large|a proxy answers|answered with nothing/;

const fits = ({ fault, demo = [], play: own, long, skip }: Row): boolean =>
  own === undefined &&
  long !== true &&
  (skip ?? false) === false &&
  demo.length > 0 &&
  !isOther.test(fault) &&
  demo.every((one) => common.test(typeof one === 'string' ? one : one.name));

/** `then` looks at requests of ComfyUI's own routes. */
function throughV2(row: Row): Row {
  const copy: { -readonly [K in keyof Row]: Row[K] } = { ...row, options: { ...row.options, api: 'v2' } };
  delete copy.then;
  // a stream opens after the job was sent: what befalls it may be over by then
  if ((row.demo ?? []).some((one) => typeof one === 'string' && one.startsWith('ws-'))) delete copy.said;
  return copy;
}

describe.concurrent.each(table)('%s', (_group, rows) => {
  const common = rows.filter(fits);
  test.skipIf(common.length > 0)('none of them', () => undefined);
  for (const row of common) test(row.fault, () => play(throughV2(row)));
});
