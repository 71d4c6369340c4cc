// Faults of the WebSocket: it is a hint, and none of them costs a picture.
import { expect } from 'vitest';
import type { Row } from './bench.ts';

const cut = {
  comfyCli: 'exit 1, takes the job for dead, nothing saved (`download` by hand finds it later)',
  saintno: 'exit 1 after its whole time-out, nothing saved',
  comfyuiCli: 'exit 0, saved: it only polls',
};
const survives = { code: 0, args: ['--retries', '3'] } as const;

export const socket: readonly Row[] = [
  {
    fault: 'the upgrade is refused (403)',
    does: 'polls, and tries the socket again ever more seldom',
    ...survives,
    demo: ['ws-status=403'],
    peers: { saintno: 'reconnects in a loop until memory is out (its issue 21)' },
  },
  { fault: 'there is no `/ws` (404)', does: 'polls', ...survives, demo: ['ws-status=404'] },
  {
    fault: 'it opens and never sends a message',
    does: 'polls',
    ...survives,
    demo: ['ws-mute'],
  },
  {
    fault: 'it is cut once in mid-run',
    does: 'reconnects under the same id, asks the server meanwhile',
    ...survives,
    demo: ['ws-drop,step=2'],
    options: { stepMs: 100 },
    said: /connection lost/,
    peers: cut,
  },
  {
    fault: 'it is cut at every step',
    does: 'the same, with growing pauses',
    ...survives,
    demo: ['ws-drop,step=1,times=1000'],
    options: { stepMs: 100 },
  },
  {
    fault: 'it goes silent, half-open, in mid-run',
    does: 'polls all the while: the end is not missed',
    ...survives,
    demo: ['ws-silent,step=2'],
    options: { stepMs: 50 },
    peers: { comfyCli: 'fails after 120 s of silence; the job finishes unseen' },
  },
  { fault: 'text that is not JSON', does: 'passes over it', ...survives, demo: ['ws-garbage-text'] },
  { fault: 'messages of unknown types and shapes', does: 'passes over them', ...survives, demo: ['ws-unknown-text'] },
  { fault: 'damaged binary frames', does: 'passes over them', ...survives, demo: ['ws-garbage-binary'] },
  {
    fault: 'binary frames of an unknown type',
    does: 'passes over them',
    ...survives,
    demo: ['ws-unknown-binary'],
    peers: { saintno: 'throws on every type but 1: previews with metadata and texts are lost' },
  },
  { fault: 'a frame of 64 MB', long: true, does: 'reads it', ...survives, demo: ['ws-huge=67108864'] },
  {
    fault: 'a frame of 160 MB',
    does: 'closes that socket, opens another, polls meanwhile',
    ...survives,
    long: true,
    demo: ['ws-huge=167772160'],
  },
  {
    fault: "another job's events, its failure and success among them",
    does: 'passes over them',
    ...survives,
    demo: ['ws-foreign'],
    then: (_bench, { out }) => expect(out).not.toContain('foreign.png'),
    peers: { saintno: "another job's success ends ours as failed" },
  },
  { fault: "events before the POST's answer", does: 'none is missed', ...survives, demo: ['prompt-after'] },
  { fault: 'every event twice', does: 'counts it once', ...survives, demo: ['ws-duplicate'] },
  { fault: 'events out of order', does: 'asks the history how it ended', ...survives, demo: ['ws-shuffle'] },
  {
    fault: '`executing: null` when the job has just begun',
    does: 'takes it for a hint, asks, goes on watching',
    ...survives,
    demo: ['ws-early-null'],
    options: { stepMs: 30 },
  },
  {
    fault: 'no `execution_success` (old servers)',
    does: 'asks the history how it ended',
    ...survives,
    demo: ['ws-no-success'],
  },
  {
    fault: '10,000 progress messages at once',
    does: 'merges what nobody has read yet',
    ...survives,
    demo: ['ws-flood=10000'],
  },
  {
    fault: '100,000 progress messages at once, every event printed',
    does: 'the same; standard output stays readable',
    code: 0,
    long: true,
    demo: ['ws-flood=100000'],
    play: ({ demo, place }) =>
      place.run(['--host', demo.url, '--events', '--size', '64x64', '-s', '4', 'a lighthouse']),
    then: (_bench, { out }) => expect(out.trim().split('\n').at(-1)).toContain('"type":"done"'),
  },
  {
    fault: 'a server of 2025: no `/api/jobs`, any id, one kind of interrupt',
    does: 'uses history and queue',
    ...survives,
    demo: ['old'],
  },
];
