// The checks as JUnit XML, which CI systems show as tests: a failed check is a failure, a warning is output.
import type { Check } from './check.ts';

export function junit(checks: readonly Check[]): string {
  const failures = checks.filter((check) => check.state === 'failed').length;
  const seconds = checks.reduce((sum, check) => sum + (check.ms ?? 0), 0) / 1000;
  const totals = `tests="${checks.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}"`;
  const cases = checks.map(testcase).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="comfy-gen doctor" ${totals}>\n  <testsuite name="comfy-gen doctor" ${totals}>\n${cases}  </testsuite>\n</testsuites>\n`;
}

function testcase(check: Check): string {
  const head = `    <testcase classname="${escape(check.server ?? 'this machine')}" name="${escape(check.check)}" time="${((check.ms ?? 0) / 1000).toFixed(3)}"`;
  const text = check.next === null ? check.message : `${check.message}\n${check.next}`;
  if (check.state === 'failed') {
    return `${head}>\n      <failure type="${escape(check.code ?? 'internal')}" message="${escape(check.message)}">${escape(text)}</failure>\n    </testcase>\n`;
  }
  const kind = check.state === 'warning' ? 'warning: ' : '';
  return `${head}>\n      <system-out>${escape(kind + text)}</system-out>\n    </testcase>\n`;
}

// XML has no place for these, not even escaped
const forbidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escape(text: string): string {
  return text.replace(forbidden, '').replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
