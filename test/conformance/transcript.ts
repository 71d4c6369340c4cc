// Recorded conversations with a real server: their entries, and where they lie.
import { readFileSync } from 'node:fs';

export type Entry = {
  readonly t_ms?: number;
  readonly channel: 'http' | 'ws' | 'note';
  readonly dir?: '>' | '<';
  readonly client?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly body?: string;
  readonly truncated?: boolean;
  readonly base64?: string;
  readonly bytes?: number;
  readonly raw?: { readonly base64?: string };
  readonly conn?: number;
  readonly event?: string;
  readonly text?: string;
  readonly binary?: { readonly bytes: number; readonly base64?: string; readonly head_hex: string };
  readonly code?: number | null;
  readonly error?: string;
};

export const folder = new URL('../../../shared/transcripts/', import.meta.url);

export function readTranscript(name: string, root: URL = new URL('0.33.0/', folder)): readonly Entry[] {
  return JSON.parse(readFileSync(new URL(name, root), 'utf8')) as Entry[];
}
