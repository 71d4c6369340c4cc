// A prompt as lines of text show it.
import { oneLine } from '../../text/harmless.ts';
import { shortened } from '../../text/shortened.ts';

const promptLetters = 60;

/** On one line, in quotes, its beginning where it is long. */
export const quotedPrompt = (prompt: string, letters = promptLetters): string =>
  `"${shortened(oneLine(prompt), letters)}"`;
