// The shipped JSON Schema and as much of a validator as it needs: what does not fit comes back as text.
import { readFileSync } from 'node:fs';

type Schema = Readonly<Record<string, unknown>>;

const shipped = JSON.parse(readFileSync(new URL('../../schema/output.json', import.meta.url), 'utf8')) as {
  definitions: Readonly<Record<string, Schema>>;
};

/** Problems of one printed object, against one definition of the schema (`result`, `failure`, `event`, `check`). */
export function problemsOf(definition: string, value: unknown): readonly string[] {
  return check({ $ref: `#/definitions/${definition}` }, value, definition);
}

function check(schema: Schema, value: unknown, at: string): readonly string[] {
  if (typeof schema['$ref'] === 'string') {
    const target = shipped.definitions[schema['$ref'].replace('#/definitions/', '')];
    return target === undefined ? [`${at}: no definition`] : check(target, value, at);
  }
  if (Array.isArray(schema['anyOf'])) {
    const tried = (schema['anyOf'] as Schema[]).map((one) => check(one, value, at));
    return tried.some((problems) => problems.length === 0) ? [] : [`${at}: fits nothing: ${JSON.stringify(value)}`];
  }
  if ('const' in schema) return value === schema['const'] ? [] : [`${at}: not ${JSON.stringify(schema['const'])}`];
  if (Array.isArray(schema['enum'])) return schema['enum'].includes(value) ? [] : [`${at}: none of its words`];
  const types = [schema['type']].flat();
  if (types[0] !== undefined && !types.includes(typeOf(value)))
    return [`${at}: ${typeOf(value)}, not ${types.join('|')}`];
  if (Array.isArray(value))
    return value.flatMap((one, i) => check((schema['items'] ?? {}) as Schema, one, `${at}[${i}]`));
  return typeof value === 'object' && value !== null ? checkObject(schema, value as Schema, at) : [];
}

function checkObject(schema: Schema, value: Schema, at: string): readonly string[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const missing = ((schema['required'] ?? []) as string[]).filter((key) => !Object.hasOwn(value, key));
  const inside = Object.entries(properties).flatMap(([key, one]) =>
    Object.hasOwn(value, key) ? check(one, value[key], `${at}.${key}`) : [],
  );
  return [...missing.map((key) => `${at}.${key} is missing`), ...inside];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
