// Files that go in as images: a picture, or the frames of a video.
import type { Link } from '../workflow/workflow.ts';
import type { Graph, Output } from './graph.ts';

const isVideo = (file: string): boolean => /\.(mp4|m4v|webm|mov|mkv|avi)$/i.test(file);

/** The pictures first, then the videos, each in their order. */
export const videosLast = (files: readonly string[]): readonly string[] => [
  ...files.filter((file) => !isVideo(file)),
  ...files.filter(isVideo),
];

/** Frames in slot 0, sound in 1, frames a second in 2. */
export const loadVideo = (g: Graph, file: string): Output =>
  g.add('GetVideoComponents', { video: g.add('LoadVideo', { file })() });

/** The images of a file, one or many. */
export const loadFrames = (g: Graph, file: string): Link =>
  isVideo(file) ? loadVideo(g, file)() : g.add('LoadImage', { image: file })();
