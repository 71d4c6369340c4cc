// Colours, or none: chalk is loaded only when something will be coloured.

export type Paint = Readonly<Record<'red' | 'yellow' | 'green' | 'dim' | 'bold', (text: string) => string>>;

const plain = (text: string): string => text;
export const noPaint: Paint = { red: plain, yellow: plain, green: plain, dim: plain, bold: plain };

export async function makePaint(level: 0 | 1): Promise<Paint> {
  if (level === 0) return noPaint;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const paint = (name: keyof Paint) => (text: string) => chalk[name](text);
  return { red: paint('red'), yellow: paint('yellow'), green: paint('green'), dim: paint('dim'), bold: paint('bold') };
}
