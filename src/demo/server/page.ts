// The page at `/`: what this server is, how it is used, and its last pictures. Nothing in it is loaded from elsewhere.
import type { Answer, Request } from './http.ts';
import type { Server } from './state.ts';

const shown = 12;

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
code, pre { font: 14px/1.5 ui-monospace, monospace; background: #f3f3f3; border-radius: 4px }
code { padding: .1rem .3rem } pre { padding: .8rem; overflow-x: auto }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem }
figure { margin: 0 } img { width: 100%; height: auto; border-radius: 4px; display: block }
figcaption { font-size: 13px; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } code, pre { background: #2b2b2b } a { color: #8bf } }`;

export function frontPage(request: Request, server: Server): Answer {
  const { engine, version, profile } = server;
  const address = escape(`http://${request.headers.host ?? '127.0.0.1:8188'}`);
  const pictures = lastPictures(server);
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>comfy-gen demo server</title>
<style>${style}</style>
</head>
<body>
<h1>comfy-gen demo server</h1>
<p>This server speaks the protocol of ComfyUI ${escape(version)} (profile ${escape(profile.name)}), but it has no model:
its pictures are drawn from prompt, seed and size, and say DEMO. It is there to try comfy-gen and other ComfyUI clients, and to test them.
There is no graph editor here.</p>
<p>Jobs waiting or running: ${engine.remaining}. Jobs over: ${engine.history.size}.</p>
<h2>How to use it</h2>
<pre>comfy-gen "a lighthouse at dusk" --host ${address}
comfy-gen list checkpoints --host ${address}
curl ${address}/system_stats</pre>
<p>Any ComfyUI client can send a workflow in API format to <code>POST ${address}/prompt</code>,
follow it on <code>/ws</code>, and fetch its files from <code>/view</code>. <code>comfy-gen serve --fault help</code> lists the failures that
such a server can be told to play.</p>
<h2>Last pictures</h2>
${pictures === '' ? '<p>None yet.</p>' : `<div class="pictures">\n${pictures}\n</div>`}
</body>
</html>
`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }, body };
}

function lastPictures({ store }: Server): string {
  const made = store.all().filter((file) => file.folder !== 'input' && file.thumbnail !== undefined);
  return made
    .slice(-shown)
    .reverse()
    .map((file) => {
      const { name, subfolder, folder } = file;
      const query = new URLSearchParams({ filename: name, subfolder, type: folder }).toString();
      const data = Buffer.from(file.thumbnail?.() ?? []).toString('base64');
      const size = file.media?.width === undefined ? '' : ` (${file.media.width}×${file.media.height ?? 0})`;
      const title = escape(subfolder === '' ? name : `${subfolder}/${name}`);
      return (
        `<figure><a href="${escape(`view?${query}`)}"><img src="data:image/png;base64,${data}" alt="${title}"></a>` +
        `<figcaption>${title}${size}</figcaption></figure>`
      );
    })
    .join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => entities[c] ?? c);
}
