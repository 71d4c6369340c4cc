// Every refusal that real servers sent, in our words: nothing of Python's is left in them.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/protocol/json.ts';
import { explainNodeErrors } from '../../src/workflow/explain.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { missingNote, sharedPresent } from '../recipes/shared.ts';

type Entry = Readonly<Record<string, unknown>>;
const root = fileURLToPath(new URL('../../../shared/transcripts/', import.meta.url));

const pythonWords = /tuple|NoneType|mismatch|failed while checking|undefined|Prompt outputs failed/;

describe.skipIf(!sharedPresent)(`recorded refusals${missingNote}`, () => {
  test.each(['.', '0.33.0'])('of %s', (folder) => {
    const out: string[] = [];
    for (const file of readdirSync(root + folder).filter((f) => f.endsWith('.json'))) {
      const entries = JSON.parse(readFileSync(`${root}${folder}/${file}`, 'utf8')) as Entry[];
      let sent = '';
      for (const entry of entries) {
        if (entry['method'] !== 'POST' || !/^(\/api)?\/prompt$/.test(String(entry['path']))) continue;
        if (entry['dir'] === '>') sent = String(entry['body']);
        else if (entry['status'] === 400 || /"node_errors": \{"/.test(String(entry['body']))) {
          const body = String(entry['body']);
          const error = explainNodeErrors(graphOf(sent), body, 'the server');
          expect(error.code).toBe('validation');
          out.push(`${file} ${error.reason}: ${error.message} (${error.hint ?? ''})`);
        }
      }
    }
    expect(out.length).toBeGreaterThan(40);
    expect(out.filter((line) => pythonWords.test(line))).toEqual([]);
    expect(out.filter((line) => line.includes('in a circle')).length).toBeGreaterThan(0);
  });
});

function graphOf(body: string): Workflow {
  try {
    const { prompt } = parseJson(body) as { prompt?: Workflow | null };
    return prompt ?? {};
  } catch {
    return {};
  }
}
