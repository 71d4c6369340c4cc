// The words that an image was made from, as its own metadata says them.
import { readMetadata } from '../media/metadata.ts';
import { readParameters } from '../media/programs.ts';
import { parseWorkflowText } from '../workflow/parse.ts';
import { heldValues } from '../workflow/apply-roles.ts';

export type CarriedPrompt = { readonly prompt: string; readonly negative: string | undefined };

/** By the graph that ran, else by another program's parameters; empty where there is neither. */
export function carriedPrompt(bytes: Uint8Array, name: string): CarriedPrompt {
  const { texts } = readMetadata(bytes, name);
  const held = graphPrompt(texts.get('prompt'), name);
  const told = readParameters(texts);
  const negative = held?.negative ?? told?.negative;
  return { prompt: held?.prompt ?? told?.prompt ?? '', negative: negative === '' ? undefined : negative };
}

function graphPrompt(text: string | undefined, name: string): Partial<CarriedPrompt> | undefined {
  if (text === undefined) return undefined;
  try {
    const file = parseWorkflowText(text, name);
    if (file.format !== 'api') return undefined;
    const { prompt, negative } = heldValues(file.workflow);
    return { ...(prompt === null ? {} : { prompt }), negative: negative ?? undefined };
  } catch {
    return undefined; // any text may stand under `prompt`
  }
}
