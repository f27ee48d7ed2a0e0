// SPDX-License-Identifier: BSL-1.0
import { bytesOf, compiled, make, readText } from 'playground/wasm';

const $ = (id) => document.getElementById(id);
const { samples, boards } = JSON.parse($('data').textContent);
const module = await compiled('model');
const number = (one) => String(one).replaceAll(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`);

/** What the program says of a file. Each file has an instance of its own, so that nothing is left of one before it. */
async function look(bytes, name, shapes) {
    const nothing = () => 0;
    const imports = {};
    for (const one of WebAssembly.Module.imports(module)) (imports[one.module] ??= {})[one.name] = nothing;
    imports.wasi_snapshot_preview1.proc_exit = () => { throw new Error('the program ended'); };
    const { exports } = await WebAssembly.instantiate(module, imports);
    exports._initialize?.();
    const words = new TextEncoder().encode(`${name}\n${shapes}`);
    const put = (room, from) => { const to = room(from.length); new Uint8Array(exports.memory.buffer, to, from.length).set(from); };
    try {
        put(exports.words_room, words);
        put(exports.file_room, bytes);
        return JSON.parse(readText(exports, exports.look()));
    } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError) && !/program ended/.test(error.message)) throw error;
        return { error: `${name}: expected a network that a page has memory for, found ${size(bytes.length)} that need more` };
    }
}

function rows(table, heads, lines) {
    const cell = (one, i, tag) => make(tag, { class: heads[i].numeric ? 'number' : false, scope: tag === 'th' ? 'col' : false }, one);
    table.replaceChildren(make('thead', {}, make('tr', {}, ...heads.map((head, i) => cell(head.text, i, 'th')))), make('tbody', {}, ...lines.map((line) => make('tr', {}, ...line.map((one, i) => cell(one, i, 'td'))))));
}
const head = (text, numeric = false) => ({ text, numeric });

function showNetwork(found) {
    $('summary').textContent = `${found.format}${found.producer ? `, by ${found.producer}` : ''}: ${number(found.nodes.length)} nodes, ${number(found.parameters)} parameters, ${number(found.products)} multiply-accumulates.`;
    const ends = (title, list) => list.map((one) => `${title} ${one.name}: ${one.shape}`);
    const lines = [...ends('Input', found.inputs), ...ends('Output', found.outputs), ...found.notes, ...found.states.map((one) => `Possible state: ${one.input} = ${one.output}`), ...found.unsupported.map((one) => `Not supported: ${one.node}: ${one.reason}`)];
    $('notes').replaceChildren(...lines.map((one) => make('li', {}, one)));
    const shapes = (list) => list.filter((one) => !one.constant).map((one) => one.shape).join(', ');
    rows($('table'), [head('No.', true), head('Operator'), head('From'), head('To'), head('Parameters', true), head('Products', true), head('Name')], found.nodes.map((one, i) => [String(i), one.operator, shapes(one.inputs), shapes(one.outputs), number(one.parameters), number(one.products), one.name]));
}
function showTensors(found) {
    $('summary').textContent = `${found.format}: ${number(found.tensors.length)} tensors, ${number(found.parameters)} parameters, ${number(found.bytes)} bytes.`;
    $('notes').replaceChildren();
    rows($('table'), [head('Type'), head('Shape'), head('Elements', true), head('Name')], found.tensors.map((one) => [one.type, one.shape.join('x') || 'scalar', number(one.shape.reduce((a, b) => a * b, 1)), one.name]));
}

const svg = (tag, attributes, ...children) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
};
/** Steps go to the right, addresses upwards; a block is a rectangle while it is in use. */
function drawArena(memory) {
    const steps = Math.max(memory.steps.length, 1), width = Math.max(40 * steps, 320), height = 260, left = 64, below = 24;
    const x = (step) => left + step * width / steps, y = (bytes) => 8 + height - bytes * height / Math.max(memory.bytes, 1);
    const picture = svg('svg', { viewBox: `0 0 ${left + width + 8} ${height + below + 12}`, width: left + width + 8, height: height + below + 12, role: 'img', 'aria-label': `${memory.blocks.length} blocks in an arena of ${number(memory.bytes)} bytes over ${steps} steps` });
    for (const share of [0, 0.5, 1]) picture.append(svg('text', { x: left - 6, y: y(share * memory.bytes) + 4, 'text-anchor': 'end', class: 'small' }, size(Math.round(share * memory.bytes))));
    memory.blocks.forEach((one, i) => {
        const shape = svg('rect', { x: x(one.first) + 0.5, y: y(one.offset + one.size), width: x(one.last + 1) - x(one.first) - 1, height: Math.max(y(one.offset) - y(one.offset + one.size), 1), class: one.scratch ? 'block scratch' : `block tone${i % 4}` });
        shape.append(svg('title', {}, `${one.name}${one.scratch ? ', while it runs' : ''}: ${number(one.size)} bytes at ${number(one.offset)}, steps ${one.first} to ${one.last}`));
        picture.append(shape);
        if (y(one.offset) - y(one.offset + one.size) > 14 && (x(one.last + 1) - x(one.first)) > 7 * Math.min(one.name.length, 6)) {
            const most = Math.floor((x(one.last + 1) - x(one.first) - 6) / 7);
            picture.append(svg('text', { x: x(one.first) + 4, y: (y(one.offset) + y(one.offset + one.size)) / 2 + 4, class: 'small label' }, one.name.length > most ? `${one.name.slice(0, Math.max(most - 1, 1))}…` : one.name));
        }
    });
    const every = Math.ceil(steps / Math.floor(width / 40));
    for (let step = 0; step < steps; step += every) picture.append(svg('text', { x: (x(step) + x(step + 1)) / 2, y: height + below, 'text-anchor': 'middle', class: 'small' }, String(step)));
    $('arena').replaceChildren(picture);
}

let shown = null;
function showFits() {
    if (!shown) return;
    const element = shown.element === 4 ? Number($('numbers').value) : shown.element;
    const [weights, arena] = [shown.weights, shown.arena].map((bytes) => Math.ceil(bytes * element / shown.element));
    const share = (bytes, of) => `${size(bytes)} of ${size(of)}`;
    $('fits').tBodies[0].replaceChildren(...boards.map(([name, flash, ram]) => {
        const missing = [...(weights > flash ? [`flash ${(weights / flash).toFixed(1)} times too small`] : []), ...(arena > ram ? [`RAM ${(arena / ram).toFixed(1)} times too small`] : [])];
        return make('tr', {}, make('th', { scope: 'row' }, name), make('td', { class: 'number' }, share(weights, flash)), make('td', { class: 'number' }, share(arena, ram)), make('td', { class: missing.length ? 'bad' : false }, missing.length ? `no, ${missing.join(', ')}` : 'yes'));
    }));
}
function showImport(found, fault) {
    $('type-part').hidden = $('memory-part').hidden = false;
    shown = null;
    $('copied').textContent = '';
    const refused = found?.refused ?? [];
    const says = fault ? [fault] : refused.length ? refused.map((one) => `Not supported: ${one.node} (${one.operator}) ${one.shapes}: ${one.supported}`) : [];
    $('type-notes').replaceChildren(make('ul', {}, ...[...(found?.notes ?? []), ...says].map((one) => make('li', {}, one))));
    const has = Boolean(found?.header);
    $('type').hidden = $('copy').hidden = !has;
    $('type').textContent = found?.header ?? '';
    const memory = found?.memory;
    if (!has) { $('memory-part').hidden = true; return; }
    const missing = memory.missing !== undefined;
    const element = memory.element ?? 4, narrow = element === 1, weights = element * (found.trainable + found.fixed);
    $('memory-text').textContent = missing ? `${number(found.trainable + found.fixed)} numbers of weights. No picture: the memory of ${memory.missing} is known to the compiler alone.` : `${narrow ? 'About ' : ''}${size(weights)} of weights; an arena of ${number(memory.bytes)} bytes (${narrow ? 'quantized_arena_bytes' : 'arena_bytes'}<net>) for activations in ${narrow ? '8 bits, as the file has them' : 'float32'}; no arena is smaller than ${number(memory.least)}.`;
    for (const one of ['arena', 'fits']) $(one).hidden = missing;
    if (missing) { $('arena').replaceChildren(); $('fits').tBodies[0].replaceChildren(); return; }
    drawArena(memory);
    shown = { weights, arena: memory.bytes, element };
    $('number-row').hidden = narrow;
    showFits();
}

let current = null;
/** Looks at `current` and shows what is in it, or one message. */
async function show() {
    $('state').textContent = `Reading ${current.name}…`;
    $('state').className = '';
    $('result').hidden = true;
    const found = await look(current.bytes, current.name, $('shapes').value);
    $('again').disabled = false;
    globalThis.playground.found = found;
    if (found.error) {
        $('state').textContent = found.error;
        $('state').className = 'bad';
        return;
    }
    if (found.tensors) {
        showTensors(found.tensors);
        $('type-part').hidden = $('memory-part').hidden = true;
    } else {
        showNetwork(found.network);
        showImport(found.import, found.fault);
    }
    $('state').textContent = `${current.name}, ${size(current.bytes.length)}.`;
    $('result').hidden = false;
}
async function take(file) {
    current = { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
    $('sample').value = '';
    await show();
}

$('file').addEventListener('change', () => { if ($('file').files.length) take($('file').files[0]); });
$('sample').append(make('option', { value: '' }, 'none'), ...samples.map((name) => make('option', { value: name }, name)));
$('sample').addEventListener('change', () => {
    if ($('sample').value === '') return;
    $('file').value = '';
    current = { name: $('sample').value, bytes: bytesOf(`wasm-${$('sample').value}`) };
    show();
});
$('form').addEventListener('submit', (event) => { event.preventDefault(); if (current) show(); });
$('numbers').addEventListener('change', showFits);
$('copy').addEventListener('click', async () => {
    await navigator.clipboard.writeText($('type').textContent);
    $('copied').textContent = 'Copied.';
});
for (const name of ['dragover', 'dragleave', 'drop'])
    document.addEventListener(name, (event) => {
        event.preventDefault();
        $('drop').classList.toggle('over', name === 'dragover');
        if (name === 'drop' && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
    });
globalThis.playground = { found: null, take };
