// The local check against what real servers said: every recorded POST of a graph, and every golden graph.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/protocol/json.ts';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { checkWorkflow, type Problem } from '../../src/workflow/check.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';
import { definitions, missingNote, readShared, sharedPresent } from '../recipes/shared.ts';

type Entry = Readonly<Record<string, unknown>>;
type Case = { readonly name: string; readonly workflow: Workflow; readonly refused: boolean; readonly said: string };

const folders = { '0.3.64': 'transcripts', '0.33.0': 'transcripts/0.33.0' } as const;

function recorded(folder: string): Case[] {
  const root = fileURLToPath(new URL('../../../shared/', import.meta.url));
  const files = readdirSync(root + folder).filter((f) => f.endsWith('.json'));
  return files.flatMap((file) => {
    const entries = readShared(`${folder}/${file}`) as Entry[];
    let note = '';
    let sent: Entry | undefined;
    return entries.flatMap((entry): Case[] => {
      if (entry['channel'] === 'note' && typeof entry['text'] === 'string') note = entry['text'];
      const isPost = entry['method'] === 'POST' && /^(\/api)?\/prompt$/.test(String(entry['path']));
      if (!isPost) return [];
      if (entry['dir'] === '>') sent = entry;
      if (entry['dir'] !== '<' || sent === undefined) return [];
      return asCase(`${file}: ${note}`, sent, entry);
    });
  });
}

function asCase(name: string, sent: Entry, answer: Entry): Case[] {
  if (answer['status'] !== 200 && answer['status'] !== 400) return [];
  const body = tryParse(sent['body']);
  const said = tryParse(answer['body']);
  if (!isRecord(body) || !isRecord(said) || !isGraph(body['prompt'])) return [];
  const type = isRecord(said['error']) ? said['error']['type'] : undefined;
  if (type === 'invalid_prompt_id' || type === 'no_prompt' || body['partial_execution_targets'] !== undefined)
    return [];
  const refused =
    answer['status'] === 400 || Object.keys(isRecord(said['node_errors']) ? said['node_errors'] : {}).length > 0;
  return [{ name, workflow: body['prompt'], refused, said: String(answer['body']).slice(0, 300) }];
}

function isGraph(value: unknown): value is Workflow {
  return (
    isRecord(value) &&
    Object.values(value).every((n) => isRecord(n) && isRecord(n['inputs']) && typeof n['class_type'] === 'string')
  );
}

/** Dynamic inputs that the server takes and then fails with. */
const runTimeFailures =
  /: (unknown key|key absent|key null|nested object instead of dots|match type: a MODEL-like wrong type|beyond max \(image50\)|webp \(no such option\))$/;

/** The recorded server had other files and nodes than its recorded definitions, or looked into its input folder. */
function isExplained(c: Case, problems: readonly Problem[]): boolean {
  if (c.refused) return c.said.includes('custom_validation_failed');
  if (runTimeFailures.test(c.name)) return true;
  return problems.every(
    (p) => p.reason === 'missing_node' || (p.reason === 'missing_model' && p.message.includes('truncated.')),
  );
}

describe.skipIf(!sharedPresent)(`the local check${missingNote}`, () => {
  test.each(['0.3.64', '0.33.0'] as const)('says of every recorded graph what ComfyUI %s said', (version) => {
    const info = parseObjectInfo(readShared(`${folders[version]}/object_info-${version}.json.gz`));
    const cases = recorded(folders[version]);
    const different = cases.flatMap((c) => {
      const problems = checkWorkflow(c.workflow, info);
      if (problems.length > 0 === c.refused || isExplained(c, problems)) return [];
      return [`${c.name}: the server: ${c.said}, we: ${problems.map((p) => p.message).join(' | ')}`];
    });
    expect(cases.length).toBeGreaterThan(100);
    expect(different).toEqual([]);
  });

  test('finds nothing but absent models in golden graphs', () => {
    const info = definitions('0.33.0');
    const cases = (readShared('recipes/cases.json') as { graph: string; validated?: string }[]).filter(
      (c) => c.validated === '0.33.0',
    );
    const wrong = cases.flatMap(({ graph }) =>
      checkWorkflow(readShared(`recipes/${graph}`) as Workflow, info)
        .filter((p) => p.reason !== 'missing_model')
        .map((p) => `${graph}: ${p.class_type} ${p.message}`),
    );
    expect(cases.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });
});

function tryParse(text: unknown): unknown {
  try {
    return typeof text === 'string' ? parseJson(text) : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
