// Writes schema/output.json (`--check` compares it): the JSON Schema of what `--json` and `--events` print, read from the types that make it.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What each definition is made from: a file and a type in it.
 * @type {Record<string, readonly [string, string]>}
 */
const wanted = {
  result: ['src/jobs/job.ts', 'JobResult'],
  failure: ['src/jobs/job.ts', 'JobFailure'],
  file: ['src/jobs/job.ts', 'SavedFile'],
  event: ['src/jobs/events.ts', 'JobEvent'],
  check: ['src/doctor/check.ts', 'Check'],
};

/** Fields whose words may grow in number at any time: any text is right. */
const open = new Set(['reason']);
/** Fields that never leave as JSON. */
const hidden = new Set(['image', 'cause']);

/** The schema as text; `--check` compares it with the file. */
function schemaText() {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${root}tsconfig.json`, (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram(
    Object.values(wanted).map(([file]) => root + file),
    options,
  );
  const checker = program.getTypeChecker();
  const definitions = Object.fromEntries(
    Object.entries(wanted).map(([name, [file, type]]) => [
      name,
      inlineSchema(checker, typeNamed(program, checker, file, type)),
    ]),
  );
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'What comfy-gen prints under --json and --events, one object a line',
    description: 'New event types and new fields may come: readers ignore what they do not know.',
    anyOf: ['result', 'failure', 'event', 'check'].map((name) => ({ $ref: `#/definitions/${name}` })),
    definitions,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** @typedef {Record<string, unknown>} Schema */

/** @type {(program: ts.Program, checker: ts.TypeChecker, file: string, name: string) => ts.Type} */
function typeNamed(program, checker, file, name) {
  const source = program.getSourceFile(root + file);
  const module = source && checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((s) => s.name === name);
  if (symbol === undefined) throw new Error(`${file} exports no ${name}`);
  return checker.getDeclaredTypeOfSymbol(symbol);
}

/**
 * A type that has a definition is referred to.
 * @type {(checker: ts.TypeChecker, type: ts.Type) => Schema}
 */
function schemaOf(checker, type) {
  const name = Object.keys(wanted).find((key) => wanted[key][1] === type.aliasSymbol?.name);
  return name === undefined ? inlineSchema(checker, type) : { $ref: `#/definitions/${name}` };
}

/** @type {(checker: ts.TypeChecker, type: ts.Type) => Schema} */
function inlineSchema(checker, type) {
  const { flags } = type;
  if (flags & ts.TypeFlags.Unknown || flags & ts.TypeFlags.Any) return {};
  if (flags & ts.TypeFlags.Null) return { type: 'null' };
  if (flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
  if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
  if (flags & ts.TypeFlags.String) return { type: 'string' };
  if (flags & ts.TypeFlags.Number) return { type: 'number' };
  if (type.isUnion()) return unionSchema(checker, type);
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (type));
    return { type: 'array', items: schemaOf(checker, item) };
  }
  return objectSchema(checker, type);
}

/** @type {(checker: ts.TypeChecker, type: ts.UnionType) => Schema} */
function unionSchema(checker, type) {
  const members = type.types.filter((t) => !(t.flags & ts.TypeFlags.Undefined));
  const literals = members.filter((t) => t.isStringLiteral());
  const others = members.filter((t) => !(t.flags & ts.TypeFlags.StringLiteral)).map((t) => schemaOf(checker, t));
  if (members.length === 2 && members.every((t) => t.flags & ts.TypeFlags.BooleanLiteral)) return { type: 'boolean' };
  const words =
    literals.length > 1 ? [{ enum: literals.map((t) => t.value) }] : literals.map((t) => schemaOf(checker, t));
  const all = [...words, ...others];
  const plain = all.every((s) => typeof s.type === 'string' && Object.keys(s).length === 1);
  if (plain) return { type: all.map((s) => s.type) };
  return all.length === 1 ? all[0] : { anyOf: all };
}

/** @type {(checker: ts.TypeChecker, type: ts.Type) => Schema} */
function objectSchema(checker, type) {
  const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  const fields = checker.getPropertiesOfType(type).filter((p) => !hidden.has(p.name));
  const properties = Object.fromEntries(
    fields.map((p) => [p.name, open.has(p.name) ? { type: 'string' } : schemaOf(checker, checker.getTypeOfSymbol(p))]),
  );
  const required = fields.filter((p) => !(p.flags & ts.SymbolFlags.Optional)).map((p) => p.name);
  return {
    type: 'object',
    ...(fields.length === 0 ? {} : { properties, required }),
    ...(index === undefined ? {} : { additionalProperties: schemaOf(checker, index.type) }),
  };
}

const path = `${root}schema/output.json`;
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== schemaText()) {
    process.stderr.write('schema/output.json is not in step with the types: node scripts/schema.js\n');
    process.exitCode = 1;
  }
} else {
  mkdirSync(`${root}schema`, { recursive: true });
  writeFileSync(path, schemaText());
}
