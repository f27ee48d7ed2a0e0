// SPDX-License-Identifier: BSL-1.0
// Drives the pages of the playground in Chromium: node playground.mjs JSON, where JSON has `tools` (a folder with
// playwright-core and axe-core), `chromium`, `pages`, `work`, `program` (host programs by page) and `pictures` or null.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const given = JSON.parse(process.argv[2]);
const { chromium } = createRequire(path.join(given.tools, 'x.js'))('playwright-core');
const axe = readFileSync(path.join(given.tools, 'node_modules/axe-core/axe.min.js'), 'utf8');

let passed = 0;
const failures = [];
function check(holds, what) {
    if (holds) ++passed;
    else {
        failures.push(what);
        console.log(`FAILED ${what}`);
    }
}
const equal = (found, wanted, what) => check(found === wanted, `${what}: expected ${wanted}, found ${found}`);

const browser = await chromium.launch({
    executablePath: given.chromium, headless: true,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
});
const urlOf = (name) => pathToFileURL(path.join(given.pages, `${name}.html`)).href;

async function open(name, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('console', (message) => { if (message.type() === 'error') check(false, `${name}: the console says ${message.text()}`); });
    page.on('pageerror', (error) => check(false, `${name}: ${error.message}`));
    page.on('request', (request) => { if (!/^(file|data|blob):/.test(request.url())) check(false, `${name}: asks for ${request.url()}`); });
    await page.goto(urlOf(name));
    return page;
}

/** What holds for each page: axe-core finds nothing in light, dark and on a phone, a phone needs no sideways scrolling. */
async function common(name, prepare = async () => {}) {
    for (const [how, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 }]]) {
        const page = await open(name, options);
        await prepare(page);
        if (given.pictures && how !== 'dark') await page.screenshot({ path: path.join(given.pictures, `playground_${name}${how === 'phone' ? '_phone' : ''}.png`), fullPage: how !== 'phone' });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
        check(violations.length === 0, `${name}, ${how}: ${violations.map((one) => `${one.id} at ${one.nodes.map((node) => node.target).join(', ')}`).join('; ')}`);
        const [scroll, width] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        check(scroll <= width, `${name}, ${how}: ${scroll} pixels wide in ${width}`);
        await page.context().close();
    }
    const page = await open(name);
    const seen = new Set();
    for (let i = 0; i < 60; ++i) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => { const one = document.activeElement; return one === document.body ? '' : `${one.tagName} ${one.id} ${one.textContent.slice(0, 30)}`; });
        if (at === '') break;
        seen.add(at);
    }
    const missing = await page.evaluate(() => [...document.querySelectorAll('a[href], button:not(:disabled), select, textarea, input:not(:disabled), [tabindex]')].filter((one) => one.offsetParent !== null && one.type !== 'radio').map((one) => `${one.tagName} ${one.id} ${one.textContent.slice(0, 30)}`));
    for (const one of missing) check(seen.has(one), `${name}: the key Tab does not reach ${one}`);
    await page.context().close();
}

/** What a formula with numbers comes to, by arithmetic on big integers. ⌊a / b⌋ and exact divisions. */
function valueOf(text) {
    let at = 0;
    const words = text.replaceAll(/\s/g, '').match(/\d+|min|[⌊⌋⌈⌉()+−·/,]/g);
    const ceiling = (a, b) => (a + b - 1n) / b;
    function inside(close, up) {
        const before = sum(true);
        if (words[at++] !== '/') throw new Error(`no division in ${text}`);
        const by = product();
        if (words[at++] !== close) throw new Error(`${close} is missing in ${text}`);
        return up ? ceiling(before, by) : before / by;
    }
    function one() {
        const word = words[at++];
        if (word === '⌊') return inside('⌋', false);
        if (word === '⌈') return inside('⌉', true);
        if (word === 'min') { ++at; const a = sum(); ++at; const b = sum(); ++at; return a < b ? a : b; }
        if (word === '(') { const made = sum(); ++at; return made; }
        return BigInt(word);
    }
    function product(stop) {
        let made = one();
        for (;;) {
            if (words[at] === '·') { ++at; made *= one(); }
            else if (words[at] === '/' && !stop) { ++at; const by = one(); if (made % by !== 0n) throw new Error(`${text} does not divide`); made /= by; }
            else if (words[at] === '(') made *= one();
            else return made;
        }
    }
    function sum(stop = false) {
        let made = product(stop);
        while (words[at] === '+' || words[at] === '−') made = words[at++] === '+' ? made + product(stop) : made - product(stop);
        return made;
    }
    const made = sum();
    if (at !== words.length) throw new Error(`${words[at]} is left of ${text}`);
    return made;
}

async function calculator() {
    const page = await open('calculator');
    const result = (id) => page.locator(`[data-result=${id}]`).innerText().then((text) => text.replaceAll(/[\u202f]| bytes/g, ''));
    // By keyboard alone: LeNet-5's first layer, then one that is wrong, then numbers that are none.
    await page.focus('#field-channels');
    await page.keyboard.press('Tab');
    equal(await page.evaluate(() => document.activeElement.id), 'field-filters', 'the next field');
    await page.keyboard.type('6');
    await page.focus('#field-padding');
    await page.keyboard.press('End');
    for (const id of ['padding_rows', 'padding_columns']) {
        await page.focus(`#field-${id}`);
        await page.keyboard.press('Control+A');
        await page.keyboard.type('2');
    }
    equal(await result('output'), '{28, 28, 6}', 'LeNet-5, first layer');
    equal(await result('trainable'), '156', 'LeNet-5, first layer');
    equal(await result('multiply_accumulates'), '117600', 'LeNet-5, first layer');
    equal(await page.locator('#type').innerText(), 'at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::padding<2>>>', 'type');
    await page.fill('#field-kernel_rows', '40');
    equal(await page.locator('#result').innerText(), 'the (dilated) kernel is larger than the padded input.', 'a kernel that is too large');
    await page.fill('#field-kernel_rows', '');
    check((await page.locator('#result').innerText()).includes('from 1 to 64 is expected, found “”'), 'an empty field');
    await page.selectOption('#kind', 'lstm');
    await page.fill('#field-channels', '10');
    await page.fill('#field-filters', '20');
    equal(await result('trainable'), String(4 * 20 * (10 + 20 + 1)), 'LSTM');
    await page.selectOption('#kind', 'self_attention');
    await page.fill('#field-heads', '5');
    equal(await page.locator('#result').innerText(), 'the number of channels is not divisible by the number of heads (of queries, keys and values together).', 'heads');

    // Many layers of each kind: the types that the page shows, compiled on the host, have the page's numbers; and each
    // formula comes to the library's number.
    let state = 12345;
    const random = (below) => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % below; };
    const kinds = await page.evaluate(() => Object.fromEntries(Object.entries(globalThis.playground.kinds).map(([name, kind]) => [name, kind.fields])));
    const asked = [];
    for (const [kind, fields] of Object.entries(kinds))
        for (let turn = 0; turn < given.layers; ++turn) {
            const one = {};
            for (const [name, field] of Object.entries(fields)) {
                if (field.check !== undefined) one[name] = random(2);
                else if (field.choice) { const values = Object.keys(field.choice); one[name] = Number(values[random(values.length)]); }
                else if (/^kernel/.test(name)) one[name] = 1 + random(5);
                else if (/^(stride|dilation|padding)/.test(name)) one[name] = field.least + random(3);
                else if (name === 'groups') one[name] = 1 + random(2);
                else if (/heads$/.test(name)) one[name] = name === 'heads' ? 2 ** random(3) : random(2);
                else if (name === 'head_size') one[name] = random(2) * 8;
                else one[name] = 1 + random(name === 'vocabulary' ? 1000 : 40);
            }
            if (one.padding !== 3) { if ('padding_rows' in one) one.padding_rows = 0; if ('padding_columns' in one) one.padding_columns = 0; }
            if (kind === 'pool2d' && one.stride_rows * one.stride_columns === 0) one.stride_rows = one.stride_columns = 0;
            asked.push([kind, one]);
        }
    const told = await page.evaluate((all) => all.map(([kind, one]) => {
        const found = globalThis.playground.describe(kind, one);
        return { type: globalThis.playground.typeOf(kind, { ...globalThis.playground.neutral, ...one }), found, formulas: found.broken ? [] : globalThis.playground.formulas(kind, one) };
    }), asked);
    let formulas = 0;
    for (const { type, formulas: lines } of told)
        for (const [label, , numbers, value] of lines) {
            ++formulas;
            equal(valueOf(numbers), BigInt(value), `${type}: ${label}, ${numbers}`);
        }
    const done = spawnSync(given.program.calculator[0], given.program.calculator.slice(1), { input: told.map((one) => one.type).join('\n'), encoding: 'utf8', timeout: 600000 });
    const lines = done.stdout.trim().split('\n');
    equal(done.status === 0 ? lines.length : done.stderr.slice(-2000), told.length, 'lines of the host program');
    let wrong = 0;
    told.forEach(({ type, found }, i) => {
        const wanted = found.broken ? found.broken : [`{${found.output.join(',')}}`, found.trainable, found.non_trainable, found.multiply_accumulates, found.flops, found.weight_bytes, found.state_bytes].join(' ');
        wrong += found.broken ? 1 : 0;
        equal(wanted, lines[i], type);
    });
    console.log(`calculator: ${told.length} layers, ${wrong} of them wrong, ${formulas} formulas`);
    check(told.length > wrong * 2 && wrong > 0, 'some layers are wrong, most are not');
    await page.context().close();
}

/** Lines on the drawing area, by mouse. */
async function strokes(page, lines) {
    await page.locator('#pad').scrollIntoViewIfNeeded();
    const box = await page.locator('#pad').boundingBox();
    for (const points of lines) {
        await page.mouse.move(box.x + points[0][0], box.y + points[0][1]);
        await page.mouse.down();
        for (const [x, y] of points.slice(1)) await page.mouse.move(box.x + x, box.y + y, { steps: 8 });
        await page.mouse.up();
    }
}

async function digits() {
    const page = await open('digits');
    const records = [], told = [];
    const keep = async (isDrawing) => {
        const state = await page.evaluate(() => ({ drawing: globalThis.playground.drawing(), pixels: globalThis.playground.pixels(), results: globalThis.playground.results() }));
        records.push(isDrawing ? Buffer.from([0, ...state.drawing]) : Buffer.concat([Buffer.from([1]), Buffer.from(new Float32Array(state.pixels).buffer)]));
        told.push(Float32Array.from([...state.pixels, ...state.results]));
    };
    const says = () => page.locator('#answer').innerText();
    equal(await says(), 'Draw a digit, or choose one.', 'a blank page');
    const circle = Array.from({ length: 25 }, (_, i) => [140 + 55 * Math.sin(i * Math.PI / 12), 140 - 90 * Math.cos(i * Math.PI / 12)]);
    for (const [digit, lines] of [[1, [[[150, 40], [135, 240]]]], [7, [[[70, 60], [200, 60], [120, 240]]]], [0, [circle]], [4, [[[90, 50], [75, 140], [195, 140]], [[180, 60], [170, 240]]]]]) {
        await strokes(page, lines);
        await keep(true);
        const text = await says();
        check(text.includes(`Real numbers say ${digit} `) && text.includes(`8 bits say ${digit} `), `${digit} is drawn by mouse: ${text}`);

        await page.click('#clear');
    }
    equal(await says(), 'Draw a digit, or choose one.', 'cleared');
    // By keys: a 1 from the middle upwards and down.
    await page.focus('#pad');
    for (let i = 0; i < 9; ++i) await page.keyboard.press('ArrowUp');
    await page.keyboard.press(' ');
    for (let i = 0; i < 18; ++i) await page.keyboard.press('ArrowDown');
    await keep(true);
    check((await says()).includes('Real numbers say 1 '), `1 is drawn by keys: ${await says()}`);
    await page.keyboard.press('Delete');
    equal(await says(), 'Draw a digit, or choose one.', 'cleared by key');
    for (let i = 0; i < await page.evaluate(() => globalThis.playground.samples); ++i) {
        await page.selectOption('#sample', String(i));
        await keep(false);
    }
    await page.click('#measure');
    check(/^Real numbers \d+ µs, 8 bits \d+ µs for a digit\.$/.test(await page.locator('#times').innerText()), 'times');
    console.log(`digits: ${await page.locator('#times').innerText()}`);
    await page.context().close();

    const done = spawnSync(given.program.digits[0], given.program.digits.slice(1), { input: Buffer.concat(records), maxBuffer: 1 << 28 });
    equal(done.status, 0, `the host program ${done.stderr}`);
    const wanted = new Float32Array(done.stdout.buffer.slice(done.stdout.byteOffset, done.stdout.byteOffset + done.stdout.length)), size = told[0].length;
    equal(wanted.length, size * told.length, 'numbers of the host program');
    const places = { pixels: [0, 784, 0], scores: [784, 794, 1e-5], 'scores in 8 bits': [794, 804, 0], maps: [804, 804 + 6304, 1e-5], 'maps in 8 bits': [804 + 6304, size, 0] };
    for (const [name, [begin, end, most]] of Object.entries(places)) {
        let worst = 0;
        told.forEach((found, record) => { for (let i = begin; i < end; ++i) worst = Math.max(worst, Math.abs(found[i] - wanted[record * size + i])); });
        check(worst <= most, `digits: ${name} differ by ${worst} from the host's`);
    }
    let furthest = 0;
    for (const found of told) for (let i = 0; i < 6304; ++i) furthest = Math.max(furthest, Math.abs(found[804 + i] - found[804 + 6304 + i]));
    check(furthest > 0 && furthest < 0.1, `maps in 8 bits are ${furthest} from those in real numbers`);
    console.log(`digits: ${told.length} digits as on the host, maps in 8 bits within ${furthest.toFixed(3)} of real numbers`);
}

/** A WAV file of 16 bits, one channel. */
function wav(samples, rate) {
    const bytes = Buffer.alloc(44 + 2 * samples.length);
    bytes.write('RIFF', 0); bytes.writeUInt32LE(36 + 2 * samples.length, 4); bytes.write('WAVEfmt ', 8);
    bytes.writeUInt32LE(16, 16); bytes.writeUInt16LE(1, 20); bytes.writeUInt16LE(1, 22); bytes.writeUInt32LE(rate, 24); bytes.writeUInt32LE(2 * rate, 28); bytes.writeUInt16LE(2, 32); bytes.writeUInt16LE(16, 34);
    bytes.write('data', 36); bytes.writeUInt32LE(2 * samples.length, 40);
    samples.forEach((sample, i) => bytes.writeInt16LE(Math.round(32767 * sample), 44 + 2 * i));
    return bytes;
}

async function audio() {
    const page = await open('audio', { permissions: ['microphone'] });
    const state = () => page.locator('#state').innerText();
    const names = await page.evaluate(() => globalThis.playground.networks);
    const play = async (network, source) => {
        const samples = 128 * (source === 'microphone' ? 800 : 100);  // the browser's false microphone beeps once a second
        await page.selectOption('#network', network);
        await page.selectOption('#source', source);
        await page.evaluate((count) => globalThis.playground.keep(count), samples);
        await page.click('#play');
        await page.waitForFunction(() => globalThis.playground.kept !== null && document.getElementById('load').textContent !== '–', null, { timeout: 60000 });
        const found = await page.evaluate(() => globalThis.playground.kept);
        check((await state()).startsWith('Playing at '), `${network}, ${source}: ${await state()}`);
        console.log(`audio: ${network}, ${source}, load ${await page.locator('#load').innerText()}`);
        await page.click('#play');
        equal(await state(), 'Stopped.', 'stopped');
        const done = spawnSync(given.program.audio[0], [String(['pedal', 'amplifier', 'voice'].indexOf(network))], { input: Buffer.from(Float32Array.from(found.input).buffer), maxBuffer: 1 << 26 });
        equal(done.status, 0, `${network}: the host program`);
        const wanted = new Float32Array(done.stdout.buffer.slice(done.stdout.byteOffset, done.stdout.byteOffset + done.stdout.length));
        equal(wanted.length, samples, `${network}: samples of the host`);
        let worst = 0, loudest = 0, taken = 0;
        found.output.forEach((one, i) => { worst = Math.max(worst, Math.abs(one - wanted[i])); loudest = Math.max(loudest, Math.abs(one)); taken = Math.max(taken, Math.abs(found.input[i])); });
        check(taken > 0.01 && loudest > 0.001, `${network}, ${source}: in ${taken}, out ${loudest}`);
        check(worst <= 1e-4 * Math.max(1, loudest), `${network}, ${source}: ${worst} from the host's samples`);
    };
    for (const network of names) await play(network, 'test');
    await page.selectOption('#source', 'file');
    await page.click('#play');
    await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('Nothing'));
    equal(await state(), 'Nothing is played: no sound file is chosen.', 'no file');
    await page.setInputFiles('#file', { name: 'words.wav', mimeType: 'audio/wav', buffer: Buffer.from('no sound') });
    await page.click('#play');
    await page.waitForFunction(() => document.getElementById('state').textContent.includes('words.wav'));
    await page.setInputFiles('#file', { name: 'tone.wav', mimeType: 'audio/wav', buffer: wav(Array.from({ length: 24000 }, (_, t) => 0.3 * Math.sin(t / 20)), 48000) });
    await play('pedal', 'file');
    await play('pedal', 'microphone');
    await page.selectOption('#network', names.at(-1));
    await page.click('#measure');
    await page.waitForFunction(() => document.getElementById('measured').textContent !== '–', null, { timeout: 60000 });
    console.log(`audio: ${names.at(-1)} measured ${await page.locator('#measured').innerText()}`);
    await page.context().close();
}

async function model() {
    const page = await open('model', { permissions: ['clipboard-write'] });
    const state = () => page.locator('#state').innerText();
    const settled = () => page.waitForFunction(() => document.getElementById('state').textContent !== '' && !document.getElementById('state').textContent.startsWith('Reading'), null, { timeout: 120000 });
    const give = async (name, buffer) => {
        await page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer });
        await settled();
        return page.evaluate(() => globalThis.playground.found);
    };
    const read = (name) => readFileSync(path.join(given.files, name));
    const networks = { 'kws_ref_model.tflite': 'embedded/mlperf_tiny_kws/kws_ref_model.tflite', 'image.onnx': 'files/image.onnx', 'gain.onnx': 'files/gain.onnx', 'recurrent.onnx': 'files/recurrent.onnx', 'small.tflite': 'files/small.tflite' };
    let asked = '';
    for (const [name, place] of Object.entries(networks)) {
        const found = await give(name, read(place));
        check(!found.error && !found.fault && found.import.refused.length === 0, `${name}: ${found.error ?? found.fault ?? JSON.stringify(found.import.refused)}`);
        check((await state()).startsWith(`${name}, `), `${name}: ${await state()}`);
        equal(await page.locator('#table tbody tr').count(), found.network.nodes.length, `${name}: rows of nodes`);
        equal((await page.locator('#type').textContent()).trim(), found.import.header.trim(), `${name}: type`);
        equal(/8 bits: scale .*zero point/.test(found.import.header), name.startsWith('kws'), `${name}: scales of integers`);
        equal(await page.locator('#arena rect').count(), found.import.memory.blocks.length, `${name}: blocks`);
        // Blocks that are in use together do not share memory, none lies outside of the arena.
        const blocks = found.import.memory.blocks;
        blocks.forEach((a, i) => {
            check(a.offset + a.size <= found.import.memory.bytes, `${name}: ${a.name} ends in the arena`);
            for (const b of blocks.slice(i + 1)) check(a.last < b.first || b.last < a.first || a.offset + a.size <= b.offset || b.offset + b.size <= a.offset, `${name}: ${a.name} and ${b.name} lie apart`);
        });
        asked += `${found.import.header}\nMEMORY ${found.import.memory.bytes} ${found.import.memory.steps.length} ${found.import.memory.element}\n`;
        equal(found.import.memory.element, name.startsWith('kws') ? 1 : 4, `${name}: bytes of an activation`);
        equal(await page.locator('#memory-text').innerText().then((text) => text.includes('(quantized_arena_bytes<net>)')), name.startsWith('kws'), `${name}: what the arena is for`);
        if (given.archetype) {
            const done = spawnSync(given.archetype, ['inspect', '--json', path.join(given.files, place)], { encoding: 'utf8' });
            const wanted = { ...JSON.parse(done.stdout), file: name };
            equal(JSON.stringify({ ...found.network, file: name }), JSON.stringify(wanted), `${name}: archetype inspect`);
        }
    }
    const done = spawnSync(given.program.model[0], given.program.model.slice(1), { input: asked, encoding: 'utf8', timeout: 600000 });
    done.stdout.trim().split('\n').forEach((line, i) => equal(line, 'as the compiler says', `${Object.keys(networks)[i]}: memory`));
    equal(done.stdout.trim().split('\n').length, Object.keys(networks).length, `lines of the host program ${done.stderr.slice(-500)}`);

    // Tensors, a shape that is typed in, and what is wrong: one message each.
    const tensors = Buffer.from('{"layer.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}');
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(tensors.length));
    const found = await give('two.safetensors', Buffer.concat([length, tensors, Buffer.alloc(24)]));
    equal(found.tensors.parameters, 6, 'safetensors');
    check((await page.locator('#table').innerText()).includes('layer.weight'), 'tensors are listed');
    const wrong = async (name, buffer, words) => {
        await give(name, buffer);
        check((await state()).includes(words), `${name}: “${words}” is expected, found “${await state()}”`);
        check(await page.locator('#result').isHidden(), `${name}: nothing but the message`);
    };
    await wrong('two.safetensors', Buffer.concat([length, tensors, Buffer.alloc(20)]), 'data_offsets');
    await wrong('words.onnx', Buffer.from('These are no messages of protobuf.'), 'words.onnx: expected');
    await wrong('words.tflite', Buffer.from('no network'), 'expected a file that begins as TFLite files do');
    await wrong('words.txt', Buffer.from('no network'), 'expected a file .onnx, .tflite or .safetensors');
    await wrong('nothing.onnx', Buffer.alloc(0), 'found an empty one');
    const image = read('files/image.onnx');
    for (let size = 100; size < image.length; size += 397) {  // a file that ends early is told, or is a network that is smaller
        await give('image.onnx', image.subarray(0, size));
        check(!(await state()).includes('memory for'), `image.onnx, ${size} bytes: ${await state()}`);
    }
    await page.fill('#shapes', 'nobody=1x2');
    await wrong('image.onnx', image, 'nobody');
    await page.fill('#shapes', '');
    // By keyboard alone: an example, the microcontrollers for 8 bits, and again. By dropping a file.
    await page.focus('#sample');
    await page.keyboard.press('ArrowDown');
    await settled();
    check((await state()).startsWith('kws_ref_model.tflite, '), `by keys: ${await state()}`);
    equal(await page.locator('#fits tbody tr td:last-child').nth(0).innerText(), 'yes', 'the smallest board for a file in 8 bits');
    check(await page.locator('#number-row').isHidden(), 'a file in 8 bits is asked for its numbers');
    await page.focus('#sample');
    await page.keyboard.press('ArrowDown');
    await settled();
    check((await state()).startsWith('image.onnx, '), `by keys: ${await state()}`);
    await page.focus('#numbers');
    await page.keyboard.press('ArrowDown');
    equal(await page.locator('#fits tbody tr td:last-child').nth(0).innerText(), 'yes', 'the smallest board in 8 bits');
    await page.evaluate((bytes) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], 'dropped.tflite'));
        document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, [...read('files/small.tflite')]);
    await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('dropped.tflite, '), null, { timeout: 60000 });
    console.log(`model: ${Object.keys(networks).length} networks as the compiler and the program say`);
    await page.context().close();
}

const work = { calculator, digits, audio, model, prepare_model: async (page) => {
    await page.selectOption('#sample', 'kws_ref_model.tflite');
    await page.waitForFunction(() => !document.getElementById('result').hidden, null, { timeout: 120000 });
}, prepare_digits: async (page) => {
    await strokes(page, [[[70, 60], [200, 60], [120, 240]]]);
    await page.evaluate(() => globalThis.scrollTo(0, 0));
}, prepare_audio: async (page) => {  // in the middle of a note, so that pictures have sound in them
    await page.selectOption('#network', 'amplifier');
    await page.click('#play');
    await page.waitForFunction(() => globalThis.playground.loudest > 0.2, null, { timeout: 60000 });
    await page.evaluate(() => document.getElementById('scope').scrollIntoView({ block: 'end' }));
} };
await common('index');
for (const name of given.names) {
    if (work[name]) await work[name]();
    await common(name, work[`prepare_${name}`]);
}
await browser.close();
console.log(`${passed} of ${passed + failures.length} checks passed`);
process.exit(failures.length === 0 ? 0 : 1);
