// SPDX-License-Identifier: BSL-1.0
// Reads the site in Chromium as its visitors do: node reading.mjs JSON, where JSON has `tools` (a folder with playwright-core and
// axe-core), `chromium`, and `site`, the folder that mkdocs made. Pages come from a server of this process: a search has a worker,
// which no page from a folder may start.
import { readFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const given = JSON.parse(process.argv[2]);
const { chromium } = createRequire(path.join(given.tools, 'x.js'))('playwright-core');
const axe = readFileSync(path.join(given.tools, 'node_modules/axe-core/axe.min.js'), 'utf8');

let passed = 0, failed = 0;
function check(holds, what) {
    if (holds) return void ++passed;
    ++failed;
    console.log(`FAILED ${what}`);
}

const kinds = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png' };
const server = createServer((request, response) => {
    const file = path.join(given.site, path.normalize(decodeURIComponent(new URL(request.url, 'http://site').pathname)));
    if (!file.startsWith(given.site) || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': kinds[path.extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const home = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({ executablePath: given.chromium, headless: true, args: ['--no-sandbox'] });
async function open(name, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => check(false, `${name}: ${error.message}`));
    page.on('response', (response) => check(response.ok() || response.status() === 304, `${name}: ${response.status()} for ${response.url()}`));
    page.on('request', (request) => check(request.url().startsWith(home) || /^(data|blob):/.test(request.url()), `${name}: asks for ${request.url()}`));
    await page.goto(home + name);
    return page;
}
const shown = (page) => page.evaluate(() => ({ scheme: document.body.getAttribute('data-md-color-scheme'), paper: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.querySelector('article')).color }));
const brightness = (color) => color.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);

// Light and dark: as the system says, by the button, and kept on the next page.
for (const [system, scheme] of [['light', 'default'], ['dark', 'slate']]) {
    const page = await open('index.html', { colorScheme: system });
    const first = await shown(page);
    check(first.scheme === scheme, `${system}: expected ${scheme}, found ${first.scheme}`);
    check((brightness(first.paper) > brightness(first.ink)) === (system === 'light'), `${system}: ${first.ink} on ${first.paper}`);
    await page.click('label[for^="__palette_"]:not([hidden])');
    const then = await shown(page);
    check(then.scheme !== scheme && then.paper !== first.paper, `${system}: the button leaves ${then.scheme}, ${then.paper}`);
    await page.goto(home + 'gallery.html');
    check((await shown(page)).scheme === then.scheme, `${system}: what the button chose is gone on the next page`);
    await page.context().close();
}

/** The field of the search, by its key, once the index has been read. */
async function begin(page) {
    await page.keyboard.press('/');
    await page.waitForFunction(() => document.querySelector('.md-search-result__meta')?.textContent.startsWith('Type'), null, { timeout: 60000 });
}

// The search: a public name, a rule's words, a thing in prose; by keyboard to the page that it is on.
for (const [words, wanted] of [['depth_multiplier', 'reference/layers.html'], ['group_norm', 'layer'], ['tensor arena', ''], ['AudioWorklet', 'playground']]) {
    const page = await open('index.html');
    await begin(page);
    await page.keyboard.type(words);
    const results = page.locator('.md-search-result__item a.md-search-result__link');
    await results.first().waitFor({ timeout: 60000 }).catch(() => {});
    const links = await results.evaluateAll((all) => all.map((one) => one.href));
    check(links.some((one) => one.includes(wanted)) && links.length > 0, `search for ${words}: expected ${wanted || 'a page'}, found ${links.slice(0, 5).join(' ') || 'nothing'}`);
    if (links.length > 0) {
        await results.first().press('Enter');
        await page.waitForURL((url) => !url.pathname.endsWith('/index.html'), { timeout: 10000 }).catch(() => {});
        const text = (await page.locator('article').innerText()).toLowerCase();
        check(words.toLowerCase().split(' ').some((word) => text.includes(word)), `search for ${words}: ${page.url()} does not say it`);
    }
    await page.context().close();
}
{
    const page = await open('index.html');
    await begin(page);
    await page.keyboard.type('zzqqxx');
    await page.waitForTimeout(1500);
    check(await page.locator('.md-search-result__item').count() === 0, 'search for zzqqxx finds something');
    await page.context().close();
}

// A phone: nothing is wider than the screen but what scrolls by itself; the contents open by their button.
for (const name of ['index.html', 'reference/layers.html', 'reference/zoo.html', 'benchmarks.html', 'gallery.html']) {
    const page = await open(name, { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 });
    const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    check(scroll <= width, `${name} on a phone: ${scroll} pixels wide in ${width}`);
    await page.click('label.md-header__button[for="__drawer"]');
    check(await page.locator('.md-sidebar--primary nav.md-nav--primary').isVisible(), `${name} on a phone: no contents`);
    await page.context().close();
}

// What axe-core says of the library's own part of a page, the article, in both lights.
for (const name of ['index.html', 'tutorials/verify.html', 'reference/rules.html']) {
    for (const colorScheme of ['light', 'dark']) {
        const page = await open(name, { colorScheme });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run('article', { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] }));
        for (const one of violations) console.log(`${name}, ${colorScheme}: ${one.id} at ${one.nodes.length} places: ${one.nodes.slice(0, 4).map((node) => `${node.target} ${node.any[0]?.message ?? ''}`).join('; ')}`);
        check(violations.length === 0, `${name}, ${colorScheme}: ${violations.map((one) => one.id).join(', ')}`);
        await page.context().close();
    }
}
await browser.close();
server.close();
console.log(`${passed} of ${passed + failed} checks of the site in a browser passed`);
process.exit(failed === 0 ? 0 : 1);
