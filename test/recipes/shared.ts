// Ground truth beside the checkout; absent on most machines, then the suites that need it are skipped.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { parseJson } from '../../src/protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../../src/protocol/object-info.ts';

const root = fileURLToPath(new URL('../../../shared/', import.meta.url));
export const sharedPresent = existsSync(`${root}recipes/cases.json`);
export const missingNote = sharedPresent ? '' : ' (skipped: ../shared is absent)';

export function readShared(path: string): unknown {
  const bytes = readFileSync(root + path);
  return parseJson((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}

export const definitions = (version: '0.33.0' | '0.3.64'): ObjectInfo =>
  parseObjectInfo(
    readShared(version === '0.33.0' ? 'conversion/1.49.6/object_info.json.gz' : 'conversion/object_info.json.gz'),
  );

/** 0.33.0 with the nodes and values that came later. */
export function laterDefinitions(): ObjectInfo {
  const later = readShared('recipes/later-nodes.json') as { classes: unknown };
  return { ...definitions('0.33.0'), ...parseObjectInfo(later.classes) };
}
