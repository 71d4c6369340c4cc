// The JSON Schema of config files, for editors: every key with its meaning, bounds and default.
import { configTable, defaultText } from './describe.ts';
import type { AnyOption, OptionTable } from './option.ts';

type Schema = Readonly<Record<string, unknown>>;

/** `schema/comfyrc.json`. A key may also be null: unset, and left to the file below. */
export function configSchema(table: OptionTable): string {
  const properties = Object.fromEntries(
    Object.entries(configTable(table)).map(([key, option]) => [key, keySchema(option)]),
  );
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Settings of comfy-gen: .comfyrc, .comfyrc.json, .comfyrc.yaml, the `comfy` key of a package.json',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...properties,
      profiles: {
        description: 'named sets of settings, chosen with --profile <name>',
        type: ['object', 'null'],
        additionalProperties: { $ref: '#/definitions/profile' },
      },
    },
    additionalProperties: false,
    definitions: {
      profile: {
        type: 'object',
        properties: Object.fromEntries(Object.keys(properties).map((key) => [key, { $ref: `#/properties/${key}` }])),
        additionalProperties: false,
      },
    },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function keySchema(option: AnyOption): Schema {
  const { schema, help, list, trustedOnly } = option;
  const fallback = defaultText(option);
  const notes = [
    ...(fallback === '' ? [] : [`default: ${fallback}`]),
    ...(trustedOnly ? ["only in the user's own file"] : []),
  ];
  const description = `${option.negated ? 'false: ' : ''}${help}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
  if (list) return { description, anyOf: [schema, { type: 'array', items: schema }, { type: 'null' }] };
  if (Array.isArray(schema['enum'])) return { description, ...schema, enum: [...(schema['enum'] as unknown[]), null] };
  return { description, ...schema, type: [schema['type'], 'null'].flat() };
}
