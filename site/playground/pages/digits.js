// SPDX-License-Identifier: BSL-1.0
import { bytesOf, load, make, readText, view } from 'playground/wasm';

const exports = await load('digits');
const image = bytesOf('wasm-digits-weights');
const $ = (id) => document.getElementById(id);
if (image.length > exports.weights_room()) throw new Error(`weights: at most ${exports.weights_room()} bytes are expected, found ${image.length}`);
view(Uint8Array, exports, exports.weights(), image.length).set(image);
const fault = readText(exports, exports.use_weights(image.length));
if (fault) throw new Error(`weights: ${fault}`);

const side = 28, drawn = 280, sizes = { scores: 10, scores8: 10, maps1: 28 * 28 * 6, maps2: 10 * 10 * 16, maps1_8: 28 * 28 * 6, maps2_8: 10 * 10 * 16 };
const results = view(Float32Array, exports, exports.results(), exports.results_size());
const parts = {};
let from = 0;
for (const [name, size] of Object.entries(sizes)) { parts[name] = results.subarray(from, from + size); from += size; }
const pixels = view(Float32Array, exports, exports.pixels(), side * side);
const drawing = view(Uint8Array, exports, exports.drawing(), drawn * drawn);

// The pen.
const pad = $('pad').getContext('2d', { willReadFrequently: true });
pad.lineWidth = 22;
pad.lineCap = pad.lineJoin = 'round';
let isBlank = true;
function clear() {
    pad.fillStyle = '#fff';
    pad.fillRect(0, 0, drawn, drawn);
    isBlank = true;
}
function line(a, b) {
    pad.strokeStyle = '#000';
    pad.beginPath();
    pad.moveTo(a.x, a.y);
    pad.lineTo(b.x, b.y);
    pad.stroke();
    isBlank = false;
}

const paint = (canvas, width, height, valueAt) => {
    const to = canvas.getContext('2d'), data = to.createImageData(width, height);
    for (let i = 0; i < width * height; ++i) {
        const grey = Math.max(0, Math.min(255, Math.round(valueAt(i) * 255)));
        data.data.set([grey, grey, grey, 255], 4 * i);
    }
    to.putImageData(data, 0, 0);
};

// Scores and maps, made once and filled at each answer.
const rows = Array.from({ length: 10 }, (_, digit) => {
    const cells = [make('td', {}), make('td', {})], bars = cells.map((cell) => { const bar = make('span', { class: 'bar' }), text = make('span', { class: 'number' }); cell.append(text, bar); return { bar, text }; });
    $('scores').tBodies[0].append(make('tr', {}, make('th', { scope: 'row' }, String(digit)), ...cells));
    return bars;
});
const groups = [['First convolution, real numbers', 'maps1', 28, 6], ['First convolution, 8 bits', 'maps1_8', 28, 6], ['Second convolution, real numbers', 'maps2', 10, 16], ['Second convolution, 8 bits', 'maps2_8', 10, 16]].map(([title, name, width, count]) => {
    const canvases = Array.from({ length: count }, (_, i) => make('canvas', { width, height: width, role: 'img', 'aria-label': `${title}, map ${i + 1} of ${count}` }));
    $('maps').append(make('section', {}, make('h3', {}, title), make('div', { class: 'maps' }, ...canvases)));
    return { name, width, count, canvases };
});

const largest = (scores) => scores.reduce((best, one, i) => (one > scores[best] ? i : best), 0);

/** Shows what the networks say of `pixels`. */
function answer() {
    paint($('seen'), side, side, (i) => pixels[i]);
    exports.classify();
    const real = largest(parts.scores), small = largest(parts.scores8);
    $('answer').textContent = isBlank && !pixels.some((one) => one > 0) ? 'Draw a digit, or choose one.' : `Real numbers say ${real} (${(100 * parts.scores[real]).toFixed(1)} %), 8 bits say ${small} (${(100 * parts.scores8[small]).toFixed(1)} %).`;
    rows.forEach((bars, digit) => [parts.scores, parts.scores8].forEach((scores, i) => {
        bars[i].text.textContent = scores[digit].toFixed(3);
        bars[i].bar.style.width = `${100 * scores[digit]}%`;
    }));
    for (const { name, width, count, canvases } of groups) canvases.forEach((canvas, c) => paint(canvas, width, width, (i) => (parts[name][i * count + c] + 1) / 2));
}

function take() {
    const ink = pad.getImageData(0, 0, drawn, drawn).data;
    for (let i = 0; i < drawn * drawn; ++i) drawing[i] = 255 - ink[4 * i];
    exports.prepare();
    $('sample').value = '';
    answer();
}
function reset() {
    clear();
    take();
}

let pen = null;
const place = (event) => {
    const box = $('pad').getBoundingClientRect();
    return { x: (event.clientX - box.left - $('pad').clientLeft) * drawn / $('pad').clientWidth, y: (event.clientY - box.top - $('pad').clientTop) * drawn / $('pad').clientHeight };
};
$('pad').addEventListener('pointerdown', (event) => {
    $('pad').setPointerCapture(event.pointerId);
    pen = place(event);
    line(pen, pen);
    take();
});
$('pad').addEventListener('pointermove', (event) => {
    if (!pen) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
        const next = place(one);
        line(pen, next);
        pen = next;
    }
    take();
});
for (const end of ['pointerup', 'pointercancel']) $('pad').addEventListener(end, () => { pen = null; });

// The pen by keys.
const keyed = { x: drawn / 2, y: drawn / 2, isDown: false };
const moves = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };
$('pad').addEventListener('keydown', (event) => {
    if (event.key === ' ') {
        keyed.isDown = !keyed.isDown;
        if (keyed.isDown) { line(keyed, keyed); take(); }
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
        reset();
    } else if (moves[event.key]) {
        const before = { ...keyed };
        keyed.x = Math.max(0, Math.min(drawn, keyed.x + moves[event.key][0]));
        keyed.y = Math.max(0, Math.min(drawn, keyed.y + moves[event.key][1]));
        if (keyed.isDown) { line(before, keyed); take(); }
    } else return;
    $('keys').textContent = `The pen is at ${keyed.x}, ${keyed.y} of ${drawn}, ${keyed.isDown ? 'down' : 'lifted'}. Arrows move it, space puts it down or lifts it, Delete clears.`;
    event.preventDefault();
});

$('clear').addEventListener('click', reset);
$('sample').append(make('option', { value: '' }, 'none'), ...Array.from({ length: exports.sample_count() }, (_, i) => make('option', { value: i }, `number ${i + 1}`)));
$('sample').addEventListener('change', () => {
    if ($('sample').value === '') return;
    clear();
    exports.take_sample(Number($('sample').value));
    answer();
});

/** Microseconds of one run, the least of several rounds. */
function time(run) {
    let best = Infinity;
    for (let round = 0; round < 10; ++round) {
        const times = 50, start = performance.now();
        run(times);
        best = Math.min(best, 1000 * (performance.now() - start) / times);
    }
    return best;
}
$('measure').addEventListener('click', () => {
    $('times').textContent = `Real numbers ${time(exports.run_real).toFixed(0)} µs, 8 bits ${time(exports.run_8_bits).toFixed(0)} µs for a digit.`;
});

reset();
globalThis.playground = { drawing: () => Array.from(drawing), pixels: () => Array.from(pixels), results: () => Array.from(results), samples: exports.sample_count() };
