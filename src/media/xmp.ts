// The one text of an XMP packet that programs put their parameters into: `exif:UserComment`, as Draw Things does.
import type { Found } from './bytes.ts';

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

export function readXmp(xml: string, { texts }: Found): void {
  const text = xml.includes('<exif:UserComment>') ? inElement(xml) : inAttribute(xml);
  if (text === undefined || !/^\s*\{/.test(text) || texts.has('comment')) return;
  texts.set('comment', text);
}

function inElement(xml: string): string | undefined {
  const start = xml.indexOf('<exif:UserComment>') + '<exif:UserComment>'.length;
  const end = xml.indexOf('</exif:UserComment>', start);
  if (end === -1) return undefined;
  return plain(xml.slice(start, end).replaceAll(/<[^<>]{0,200}>/g, '')); // rdf:Alt and rdf:li around it
}

function inAttribute(xml: string): string | undefined {
  const start = xml.indexOf('exif:UserComment="');
  if (start === -1) return undefined;
  const from = start + 'exif:UserComment="'.length;
  const end = xml.indexOf('"', from);
  return end === -1 ? undefined : plain(xml.slice(from, end));
}

function plain(text: string): string {
  return text.replaceAll(/&(#\d{1,7}|#x[\da-f]{1,6}|lt|gt|amp|quot|apos);/gi, (all: string, name: string) => {
    if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? all;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
