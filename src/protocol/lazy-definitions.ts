// Node definitions as text, of which each is parsed when it is first read: a server has thousands of classes, a graph names ten.
import { closingQuote, isRecord, tryParseJson } from './json.ts';
import type { NodeDefinition, ObjectInfo } from './object-info.ts';

/**
 * The members of a JSON object as they stand in its text, each without line breaks; undefined for what is no object.
 * Of the values only the brackets and strings are looked at.
 */
export function membersOf(text: string): readonly string[] | undefined {
  const object = text.replace(/[\r\n]+/g, ' ').trim(); // in a string there is none
  if (!object.startsWith('{')) return undefined;
  const members: string[] = [];
  let depth = 0;
  let start = 1;
  for (let at = 0; at < object.length; at++) {
    const letter = object.charCodeAt(at);
    if (letter === letters.quote) at = closingQuote(object, at);
    else if (letter === letters.openBrace || letter === letters.openBracket) depth++;
    else if (letter === letters.closeBrace || letter === letters.closeBracket) depth--;
    const isLast = depth === 0;
    if (isLast && at !== object.length - 1) return undefined;
    if (!isLast && (depth !== 1 || letter !== letters.comma)) continue;
    members.push(object.slice(start, at).trim());
    start = at + 1;
  }
  if (depth !== 0) return undefined;
  if (members.length === 1 && members[0] === '') return [];
  return members.every((member) => named.test(member)) ? members : undefined;
}

const named = /^"(?:[^"\\]|\\.)*"\s*:/;

const letters = {
  quote: 0x22,
  comma: 0x2c,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  openBracket: 0x5b,
  closeBracket: 0x5d,
} as const;

/** What was parsed of members, for all servers that have the same. */
const known = new WeakMap<readonly string[], ObjectInfo>();

/** The definitions that such members hold. What is no definition is a class without inputs and outputs. */
export function lazyDefinitions(members: readonly string[]): ObjectInfo {
  const info = known.get(members) ?? parsedLate(members);
  known.set(members, info);
  return info;
}

function parsedLate(members: readonly string[]): ObjectInfo {
  const info = Object.create(null) as Record<string, NodeDefinition>; // a table from the start: 1000 getters in 1 ms instead of 7
  for (const member of members) {
    const end = closingQuote(member, 0) + 1;
    const name = tryParseJson(member.slice(0, end));
    if (typeof name !== 'string') continue;
    let known: NodeDefinition | undefined;
    const get = (): NodeDefinition => (known ??= definitionIn(member.slice(member.indexOf(':', end) + 1), name));
    Object.defineProperty(info, name, { get, enumerable: true, configurable: true }); // a name may come twice
  }
  return info;
}

function definitionIn(text: string, name: string): NodeDefinition {
  const value = tryParseJson(text);
  const isDefinition = isRecord(value) && isRecord(value['input']);
  return isDefinition ? (value as NodeDefinition) : { input: {}, output: [], name }; // as far as parseObjectInfo checks it
}
