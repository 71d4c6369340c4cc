// One measured conversion, or only the reading of its files: convert-once.js <convert|parse> <template> <object_info>. Prints ms.
import { readFileSync } from 'node:fs';
import { convertWorkflow } from '../../dist/convert/convert.js';
import { parseJson } from '../../dist/protocol/json.js';
import { parseObjectInfo } from '../../dist/protocol/object-info.js';
import { checkWorkflow } from '../../dist/workflow/check.js';

const [way, ...files] = process.argv.slice(2);
const [template, definitions] = files.map((file) => readFileSync(file, 'utf8'));
const began = performance.now();
if (way === 'parse') {
  JSON.parse(template);
  JSON.parse(definitions);
} else {
  const { ui } = /** @type {{ ui: unknown }} */ (parseJson(template));
  const info = parseObjectInfo(parseJson(definitions));
  checkWorkflow(convertWorkflow(ui, info).workflow, info);
}
console.log(performance.now() - began);
