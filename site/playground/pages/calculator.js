// SPDX-License-Identifier: BSL-1.0
import { load, make, readText, view } from 'playground/wasm';

const exports = await load('calculator');
const { fields: order, kinds: kindOrder } = JSON.parse(readText(exports, exports.names()));

// What can be asked of a field: label, first value, least, most. `choice` has texts, `check` is 0 or 1.
const channels = { label: 'Channels in C', value: 1, least: 1, most: 8192 };
const image = { height: { label: 'Height H', value: 28, least: 1, most: 4096 }, width: { label: 'Width W', value: 28, least: 1, most: 4096 } };
const steps = { label: 'Time steps T', value: 100, least: 1, most: 8192 };
const size = (label, value, least = 1, most = 64) => ({ label, value, least, most });
const bias = { label: 'Bias', choice: { 0: 'yes', 2: 'no' } };
const biases = { label: 'Bias', choice: { 0: 'one', 1: 'two (PyTorch)', 2: 'none' } };
const padding = { label: 'Padding', choice: { 0: 'none', 1: 'same', 3: 'numbers' } };
const window2d = (stride) => ({
    kernel_rows: size('Window rows F', 5), kernel_columns: size('Window columns F', 5),
    stride_rows: size('Stride rows S', stride, stride === 0 ? 0 : 1), stride_columns: size('Stride columns S', stride, stride === 0 ? 0 : 1),
    padding, padding_rows: size('Padding rows p', 0, 0, 4096), padding_columns: size('Padding columns p', 0, 0, 4096),
});
const recurrent = {
    width: steps, channels: { ...channels, label: 'Features m', value: 8 }, filters: { label: 'Units n', value: 32, least: 1, most: 8192 },
    bias: biases, sequences: { label: 'Return sequences', check: 0 },
};

// Formulas: a label, the formula, and the same with numbers; what it comes to is the library's number, not this page's.
const floor = (text) => `⌊${text}⌋`;
function windowFormula(label, q, W, F, S, result, axis) {
    if (q.padding === 1) return [label, 'O = ⌈W / S⌉', `⌈${W} / ${S}⌉`, result];
    const P = axis.before + axis.after, D = q.dilation;
    return [label, 'O = ⌊(W − D(F − 1) − 1 + P) / S⌋ + 1', `${floor(`(${W} − ${D}(${F} − 1) − 1 + ${P}) / ${S}`)} + 1`, result];
}
const biasOf = (q) => (q.bias === 2 ? 0 : 1);
function gated(q, gates, found, extra = '', extraNumbers = '') {
    const B = q.reset_after && q.bias !== 2 ? 2 : [1, 2, 0][q.bias], n = q.filters, m = q.channels;
    const g = gates === 1 ? '' : `${gates} `;
    const factor = gates === 1 ? '' : `${gates}·`;
    return [
        ['Parameters', `${g}n(m + n + b)${extra}, b biases for each gate`, `${factor}${n}(${m} + ${n} + ${B})${extraNumbers}`, found.trainable],
        ['Multiply-accumulates', `T(${g}n(m + n)${extra})`, `${q.width}(${factor}${n}(${m} + ${n})${extraNumbers})`, found.multiply_accumulates],
    ];
}

const paddingOption = (q, is2d) => {
    if (q.padding === 1) return ['at::same'];
    if (q.padding === 2) return ['at::causal'];
    if (q.padding !== 3) return [];
    return [is2d && q.padding_rows !== q.padding_columns ? `at::padding<${q.padding_rows}, ${q.padding_columns}>` : `at::padding<${q.padding_columns}>`];
};
const extent = (rows, columns) => (rows === columns ? `${rows}` : `at::extent{${rows}, ${columns}}`);
const strideOption = (q) => (q.stride_rows === q.stride_columns ? (q.stride_rows > 1 ? [`at::stride<${q.stride_rows}>`] : []) : [`at::stride<${q.stride_rows}, ${q.stride_columns}>`]);
const common = (q) => [...(q.dilation > 1 ? [`at::dilation<${q.dilation}>`] : []), ...(q.groups > 1 ? [`at::groups<${q.groups}>`] : []), ...(q.bias === 2 ? ['at::no_bias'] : [])];
const recurrentOptions = (q) => [...(q.sequences ? ['at::return_sequences'] : []), ...(q.bias === 1 ? ['at::two_biases'] : q.bias === 2 ? ['at::no_bias'] : []), ...(q.reset_after ? ['at::reset_after'] : []), ...(q.peepholes ? ['at::peepholes'] : [])];
const type = (name, ...words) => `at::${name}<${words.flat().join(', ')}>`;

const kinds = {
    conv2d: {
        title: 'Convolution 2D', input: (q) => [q.height, q.width, q.channels],
        fields: { ...image, channels, filters: { label: 'Filters K', value: 6, least: 1, most: 8192 }, ...window2d(1), dilation: size('Dilation D', 1), groups: size('Groups G', 1, 1, 8192), bias },
        formulas: (q, found) => [
            windowFormula('Rows out', q, q.height, q.kernel_rows, q.stride_rows, found.output[0], found.rows),
            windowFormula('Columns out', q, q.width, q.kernel_columns, q.stride_columns, found.output[1], found.columns),
            ['Parameters', biasOf(q) ? 'F·F·(C / G)·K + K' : 'F·F·(C / G)·K', `${q.kernel_rows}·${q.kernel_columns}·(${q.channels} / ${q.groups})·${q.filters}${biasOf(q) ? ` + ${q.filters}` : ''}`, found.trainable],
            ['Multiply-accumulates', 'O·O·K·F·F·(C / G)', `${found.output[0]}·${found.output[1]}·${q.filters}·${q.kernel_rows}·${q.kernel_columns}·(${q.channels} / ${q.groups})`, found.multiply_accumulates],
        ],
        type: (q) => type('conv2d', q.filters, extent(q.kernel_rows, q.kernel_columns), strideOption(q), paddingOption(q, true), common(q)),
    },
    conv1d: {
        title: 'Convolution 1D', input: (q) => [q.width, q.channels],
        fields: { width: steps, channels: { ...channels, value: 8 }, filters: { label: 'Filters K', value: 16, least: 1, most: 8192 }, kernel_columns: size('Window F', 3, 1, 4096), stride_columns: size('Stride S', 1), padding: { ...padding, choice: { 0: 'none', 1: 'same', 2: 'causal', 3: 'number' } }, padding_columns: size('Padding p', 0, 0, 4096), dilation: size('Dilation D', 1, 1, 4096), groups: size('Groups G', 1, 1, 8192), bias },
        formulas: (q, found) => [
            windowFormula('Steps out', q, q.width, q.kernel_columns, q.stride_columns, found.output[0], found.columns),
            ['Parameters', biasOf(q) ? 'F·(C / G)·K + K' : 'F·(C / G)·K', `${q.kernel_columns}·(${q.channels} / ${q.groups})·${q.filters}${biasOf(q) ? ` + ${q.filters}` : ''}`, found.trainable],
            ['Multiply-accumulates', 'O·K·F·(C / G)', `${found.output[0]}·${q.filters}·${q.kernel_columns}·(${q.channels} / ${q.groups})`, found.multiply_accumulates],
        ],
        type: (q) => type('conv1d', q.filters, q.kernel_columns, q.stride_columns > 1 ? [`at::stride<${q.stride_columns}>`] : [], paddingOption(q, false), common(q)),
    },
    pool2d: {
        title: 'Pooling 2D', input: (q) => [q.height, q.width, q.channels],
        fields: { ...image, channels: { ...channels, value: 6 }, ...window2d(0), kernel_rows: size('Window rows F', 2), kernel_columns: size('Window columns F', 2), ceil_mode: { label: 'Round up', check: 0 } },
        note: 'Stride 0 is the window. Largest value and mean have the same sizes.',
        formulas: (q, found) => ['rows', 'columns'].map((axis, a) => {
            const W = [q.height, q.width][a], F = [q.kernel_rows, q.kernel_columns][a], given = [q.stride_rows, q.stride_columns][a], S = q.stride_rows === 0 ? F : given;
            const label = a === 0 ? 'Rows out' : 'Columns out', result = found.output[a];
            if (!q.ceil_mode) return windowFormula(label, { ...q, dilation: 1 }, W, F, S, result, found[axis]);
            const P = found[axis].before + found[axis].after;
            return [label, 'O = min(⌈(W − F + P) / S⌉ + 1, ⌈(W + p) / S⌉): the last window begins inside', `min(⌈(${W} − ${F} + ${P}) / ${S}⌉ + 1, ⌈(${W} + ${found[axis].before}) / ${S}⌉)`, result];
        }),
        type: (q) => type('max_pool2d', extent(q.kernel_rows, q.kernel_columns), q.stride_rows === 0 ? [] : q.stride_rows === q.stride_columns ? [`at::stride<${q.stride_rows}>`] : [`at::stride<${q.stride_rows}, ${q.stride_columns}>`], paddingOption(q, true), q.ceil_mode ? ['at::ceil_mode'] : []),
    },
    dense: {
        title: 'Dense', input: (q) => [q.channels],
        fields: { channels: { ...channels, label: 'Inputs m', value: 400 }, filters: { label: 'Units n', value: 120, least: 1, most: 8192 }, bias },
        formulas: (q, found) => [
            ['Parameters', biasOf(q) ? 'n(m + 1)' : 'n·m', biasOf(q) ? `${q.filters}(${q.channels} + 1)` : `${q.filters}·${q.channels}`, found.trainable],
            ['Multiply-accumulates', 'n·m', `${q.filters}·${q.channels}`, found.multiply_accumulates],
        ],
        type: (q) => type('dense', q.filters, common(q)),
    },
    simple_rnn: {
        title: 'Simple RNN', input: (q) => [q.width, q.channels], fields: recurrent, formulas: (q, found) => gated(q, 1, found),
        type: (q) => type('simple_rnn', q.filters, recurrentOptions(q)),
    },
    lstm: {
        title: 'LSTM', input: (q) => [q.width, q.channels], fields: { ...recurrent, peepholes: { label: 'Peepholes', check: 0 } },
        formulas: (q, found) => (q.peepholes ? gated(q, 4, found, ' + 3 n·n', ` + 3·${q.filters}·${q.filters}`) : gated(q, 4, found)),
        type: (q) => type('lstm', q.filters, recurrentOptions(q)),
    },
    gru: {
        title: 'GRU', input: (q) => [q.width, q.channels], fields: { ...recurrent, reset_after: { label: 'Reset after (PyTorch)', check: 0 } },
        formulas: (q, found) => gated(q, 3, found), type: (q) => type('gru', q.filters, recurrentOptions(q)),
    },
    self_attention: {
        title: 'Self-attention', input: (q) => [q.width, q.channels],
        fields: { width: steps, channels: { ...channels, label: 'Channels E', value: 64 }, heads: size('Heads h', 4, 1, 256), key_value_heads: size('Key and value heads k', 0, 0, 256), head_size: size('Head size D', 0, 0, 512), causal: { label: 'Causal', check: 0 }, bias },
        note: 'Key and value heads 0: as many as heads. Head size 0: E / h.',
        formulas: (q, found) => {
            const k = q.key_value_heads || q.heads, D = q.head_size || q.channels / q.heads, E = q.channels, h = q.heads, T = q.width;
            const pairs = q.causal ? `${T}(${T} + 1) / 2` : `${T}·${T}`;
            return [
                ['Parameters', biasOf(q) ? '(E + 1)·D(h + 2k) + (h·D + 1)·E' : 'E·D(h + 2k) + h·D·E', biasOf(q) ? `(${E} + 1)·${D}(${h} + 2·${k}) + (${h}·${D} + 1)·${E}` : `${E}·${D}(${h} + 2·${k}) + ${h}·${D}·${E}`, found.trainable],
                ['Multiply-accumulates', `T·E·D(h + 2k) + 2·h·D·${q.causal ? 'T(T + 1) / 2' : 'T·T'} + T·h·D·E`, `${T}·${E}·${D}(${h} + 2·${k}) + 2·${h}·${D}·${pairs} + ${T}·${h}·${D}·${E}`, found.multiply_accumulates],
            ];
        },
        type: (q) => type('self_attention', q.channels, q.heads, q.causal ? ['at::causal'] : [], q.key_value_heads ? [`at::key_value_heads<${q.key_value_heads}>`] : [], q.head_size ? [`at::head_size<${q.head_size}>`] : [], q.bias === 2 ? ['at::no_bias'] : []),
    },
    batch_norm: {
        title: 'Batch normalization', input: (q) => [q.height, q.width, q.channels], fields: { ...image, channels: { ...channels, value: 16 } },
        formulas: (q, found) => [['Trained', '2 C', `2·${q.channels}`, found.trainable], ['Moving mean and variance', '2 C', `2·${q.channels}`, found.non_trainable]],
        type: () => 'at::batch_norm<>',
    },
    embedding: {
        title: 'Embedding', input: (q) => [q.width],
        fields: { width: steps, vocabulary: { label: 'Vocabulary V', value: 10000, least: 1, most: 1000000 }, filters: { label: 'Width d', value: 64, least: 1, most: 8192 } },
        formulas: (q, found) => [['Parameters', 'V·d', `${q.vocabulary}·${q.filters}`, found.trainable]],
        type: (q) => type('embedding', q.vocabulary, q.filters),
    },
};

const neutral = { ...Object.fromEntries(order.map((name) => [name, 0])), height: 1, width: 1, channels: 1, kernel_rows: 1, kernel_columns: 1, stride_rows: 1, stride_columns: 1, dilation: 1, groups: 1 };

/** What the library says of a layer: `broken`, or its facts. */
function describe(kind, asked) {
    const memory = view(Uint32Array, exports, exports.question(), order.length);
    const all = { ...neutral, ...asked };
    order.forEach((name, index) => { memory[index] = all[name]; });
    return JSON.parse(readText(exports, exports.describe(kindOrder.indexOf(kind))));
}

const typeOf = (kind, q) => `at::network<at::input<${kinds[kind].input(q).join(', ')}>, ${kinds[kind].type(q)}>`;
const grouped = (number) => BigInt(number).toLocaleString('en-US').replaceAll(',', '\u202f');

const $ = (id) => document.getElementById(id);
const remembered = {};

function read(kind) {
    const asked = {};
    for (const [name, field] of Object.entries(kinds[kind].fields)) {
        const control = $(`field-${name}`);
        if (field.check !== undefined) { asked[name] = control.checked ? 1 : 0; continue; }
        if (name.startsWith('padding_') && asked.padding !== 3) { asked[name] = 0; continue; }
        const number = Number(control.value);
        if (field.choice === undefined && (control.value.trim() === '' || !Number.isInteger(number) || number < field.least || number > field.most))
            return { fault: `${field.label}: a whole number from ${field.least} to ${field.most} is expected, found “${control.value}”.`, control };
        asked[name] = number;
    }
    return { asked };
}

function show() {
    const kind = $('kind').value, { asked, fault, control } = read(kind);
    for (const one of document.querySelectorAll('#fields [aria-invalid]')) one.removeAttribute('aria-invalid');
    for (const name of ['padding_rows', 'padding_columns']) if ($(`field-${name}`)) $(`field-${name}`).disabled = $('field-padding').value !== '3';
    $('formulas').replaceChildren();
    $('type').textContent = '';
    if (fault) {
        control.setAttribute('aria-invalid', 'true');
        $('result').replaceChildren(make('p', { class: 'bad' }, fault));
        return;
    }
    remembered[kind] = asked;
    const q = { ...neutral, ...asked }, found = describe(kind, asked);
    $('type').textContent = typeOf(kind, q);
    if (found.broken) {
        $('result').replaceChildren(make('p', { class: 'bad' }, `${found.broken}.`));
        return;
    }
    const lines = [['Output shape', `{${found.output.join(', ')}}`, 'output'], ['Trainable parameters', grouped(found.trainable), 'trainable'], ['Other parameters', grouped(found.non_trainable), 'non_trainable'],
        ['Multiply-accumulates', grouped(found.multiply_accumulates), 'multiply_accumulates'], ['Operations (FLOPs)', grouped(found.flops), 'flops'], ['Weights, 32 bits', `${grouped(found.weight_bytes)} bytes`, 'weight_bytes'],
        ['Kept between steps', `${grouped(found.state_bytes)} bytes`, 'state_bytes'], ['Output, 32 bits', `${grouped(BigInt(found.output_elements) * 4n)} bytes`, 'output_bytes']];
    if (found.rows && kind !== 'conv1d') lines.push(['Cells that no window reads', `${found.rows.remainder} rows, ${found.columns.remainder} columns`, 'remainder']);
    if (found.columns && kind === 'conv1d') lines.push(['Steps that no window reads', `${found.columns.remainder}`, 'remainder']);
    const body = lines.map(([label, text, id]) => make('tr', {}, make('th', { scope: 'row' }, label), make('td', { class: 'number', 'data-result': id }, text)));
    const result = [make('table', {}, make('tbody', {}, ...body))];
    if (found.parameters.length > 0)
        result.push(make('table', {}, make('caption', { class: 'quiet' }, 'Parameter tensors'), make('tbody', {}, ...found.parameters.map((one) => make('tr', {}, make('th', { scope: 'row' }, one.name), make('td', {}, `{${one.extents.join(', ')}}`), make('td', { class: 'number' }, grouped(one.count)))))));
    $('result').replaceChildren(...result);
    for (const [label, formula, numbers, value] of kinds[kind].formulas(q, found))
        $('formulas').append(make('p', {}, `${label}: `, make('code', {}, formula)), make('pre', { 'data-numbers': numbers, 'data-value': value, tabindex: 0 }, `${numbers} = ${grouped(value)}`));
    if (kinds[kind].note) $('formulas').append(make('p', { class: 'quiet' }, kinds[kind].note));
}

function choose() {
    const kind = $('kind').value;
    $('fields').replaceChildren(...Object.entries(kinds[kind].fields).map(([name, field]) => {
        const id = `field-${name}`, before = remembered[kind]?.[name];
        if (field.check !== undefined) return make('label', { class: 'check', for: id }, make('input', { type: 'checkbox', id, checked: (before ?? field.check) === 1 }), field.label);
        if (field.choice) return make('label', { for: id }, field.label, make('select', { id }, ...Object.entries(field.choice).map(([value, text]) => make('option', { value, selected: Number(value) === before }, text))));
        return make('label', { for: id }, field.label, make('input', { type: 'number', id, inputmode: 'numeric', min: field.least, max: field.most, step: 1, value: before ?? field.value }));
    }));
    show();
}

$('kind').replaceChildren(...Object.entries(kinds).map(([name, kind]) => make('option', { value: name }, kind.title)));
$('kind').addEventListener('change', choose);
$('fields').addEventListener('input', show);
$('form').addEventListener('submit', (event) => event.preventDefault());
choose();

// For programs that drive the page.
globalThis.playground = { kinds, neutral, describe, typeOf, formulas: (kind, asked) => kinds[kind].formulas({ ...neutral, ...asked }, describe(kind, asked)) };
