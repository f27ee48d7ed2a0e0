// SPDX-License-Identifier: BSL-1.0
// Serves a folder to Chromium and prints what page.mjs measures there: node drive.mjs JSON.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const given = JSON.parse(process.argv[2]);
const { chromium } = createRequire(path.join(given.tools, 'x.js'))('playwright-core');
// With these a page gets a fine clock.
const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const types = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname;
    if (name === '/') return response.writeHead(200, { 'Content-Type': 'text/html', ...isolated }).end('<!doctype html><script type="module" src="/page.mjs"></script>');
    const folder = name.startsWith('/ort/') ? given.runtime : given.folder, file = path.join(folder, path.basename(name));
    if (name === '/favicon.ico') return response.writeHead(204).end();
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', ...isolated });
    createReadStream(file).pipe(response);
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const browser = await chromium.launch({ executablePath: given.chromium, headless: true, args: ['--no-sandbox'] });
const page = await browser.newPage();
page.on('pageerror', (error) => console.error(error.message));
page.on('console', (message) => { if (message.type() === 'error') console.error(message.text()); });
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForFunction(() => globalThis.isReady, null, { timeout: 60000 });
const found = await page.evaluate(([rounds, names]) => globalThis.measure(rounds, names), [given.rounds, given.names]);
console.log(JSON.stringify({ ...found, browser: browser.version() }));
await browser.close();
server.close();
