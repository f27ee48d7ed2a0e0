// SPDX-License-Identifier: BSL-1.0
import { bytesOf, make } from 'playground/wasm';

const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const networks = [
    { id: 'pedal', title: 'Overdrive pedal: GRU of 8', module: 'effects', which: 0, rate: 48000, about: 'A GRU of eight units and a dense layer, added to the sound: 297 parameters (NeuralSeed).' },
    { id: 'amplifier', title: 'Amplifier: WaveNet', module: 'effects', which: 1, rate: 48000, about: 'The standard WaveNet of Neural Amp Modeler: 13,729 parameters, 8,184 time steps back.' },
    ...(data.voice ? [{ id: 'voice', title: 'Noise suppression: GTCRN', module: 'voice', which: 0, rate: 16000, about: 'GTCRN, imported from its ONNX file by “archetype import”: 47,926 parameters, 16 kHz, 32 ms later. It runs once in two blocks.' }] : []),
];
$('network').append(...networks.map((one) => make('option', { value: one.id }, one.title)));
$('licences').textContent = data.licences;
const chosen = () => networks.find((one) => one.id === $('network').value);

/** Four seconds of a plucked string (Karplus, Strong 1983): noise in a loop that smooths it. */
function pluck(rate) {
    const samples = new Float32Array(4 * rate);
    let state = 1, string = [];
    const noise = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 4294967296 - 0.5; };
    [82.4, 110, 146.8, 82.4].forEach((pitch, note) => {
        string = Float32Array.from({ length: Math.floor(rate / pitch) }, noise);
        for (let t = 0; t < rate; ++t) {
            const at = t % string.length;
            samples[note * rate + t] = string[at];
            string[at] = 0.498 * (string[at] + string[(at + 1) % string.length]);
        }
    });
    return samples;
}

/** Four seconds of vowels, a pulse train through three resonances, in noise of the same loudness. */
function vowels(rate) {
    const samples = new Float32Array(4 * rate), sets = [[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480]];
    let state = 7;
    const noise = () => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return state / 4294967296 - 0.5; };
    const filters = [0, 1, 2].map(() => [0, 0]);
    let phase = 0;
    for (let t = 0; t < samples.length; ++t) {
        const second = t / rate, syllable = Math.floor(second * 2), inside = (second * 2) % 1;
        phase += (120 + 20 * Math.sin(2 * Math.PI * second)) / rate;
        const isPulse = phase >= 1;
        if (isPulse) phase -= 1;
        let value = (isPulse ? 1 : 0) * (inside < 0.7 ? Math.sin(Math.PI * inside / 0.7) : 0);
        sets[syllable % 4].forEach((frequency, i) => {
            const r = Math.exp(-Math.PI * 90 / rate), [y1, y2] = filters[i], y = value * (1 - r) + 2 * r * Math.cos(2 * Math.PI * frequency / rate) * y1 - r * r * y2;
            filters[i] = [y, y1];
            value = y;
        });
        samples[t] = Math.max(-1, Math.min(1, 8 * value + 0.1 * noise()));
    }
    return samples;
}
const testSignal = (network) => (network.id === 'voice' ? vowels(network.rate) : pluck(network.rate));

function draw({ input, output }) {
    const canvas = $('scope'), to = canvas.getContext('2d'), colours = getComputedStyle(document.documentElement);
    to.clearRect(0, 0, canvas.width, canvas.height);
    [input, output].forEach((samples, i) => {
        const middle = canvas.height * (i + 0.5) / 2, tall = canvas.height / 4;
        to.strokeStyle = colours.getPropertyValue(i === 0 ? '--quiet' : '--accent');
        to.beginPath();
        samples.forEach((sample, t) => to.lineTo(t * canvas.width / samples.length, middle - tall * Math.max(-1, Math.min(1, sample))));
        to.stroke();
    });
}

let playing = null;
let keep = 0;
async function start() {
    const network = chosen();
    const context = new AudioContext({ sampleRate: network.rate });
    try {
        let source;
        if ($('source').value === 'microphone') {
            if (!navigator.mediaDevices) throw new Error('this browser gives no microphone to a page that was opened from a folder');
            const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
            source = context.createMediaStreamSource(stream);
            source.stopAll = () => stream.getTracks().forEach((track) => track.stop());
        } else {
            source = context.createBufferSource();
            if ($('source').value === 'file') {
                const [file] = $('file').files;
                if (!file) throw new Error('no sound file is chosen');
                source.buffer = await context.decodeAudioData(await file.arrayBuffer()).catch(() => { throw new Error(`“${file.name}” is no sound that this browser reads`); });
            } else {
                const samples = testSignal(network);
                source.buffer = context.createBuffer(1, samples.length, network.rate);
                source.buffer.copyToChannel(samples, 0);
            }
            source.loop = true;
        }
        // A data: URL, as Chromium gives a page that was opened from a folder no blob: as a worklet.
        await context.audioWorklet.addModule(`data:text/javascript;base64,${document.getElementById('worklet').textContent}`);
        const node = new AudioWorkletNode(context, 'network', { channelCount: 1, channelCountMode: 'explicit', outputChannelCount: [1], processorOptions: { bytes: bytesOf(`wasm-${network.module}`).buffer, which: network.which, keep } });
        node.onprocessorerror = () => { stop(); $('state').textContent = 'The audio thread ended with an error.'; };
        node.port.onmessage = ({ data: message }) => {
            if (message.kept) { globalThis.playground.kept = { input: Array.from(message.kept.input), output: Array.from(message.kept.output) }; return; }
            const lasts = 128e6 / context.sampleRate;
            $('lasts').textContent = `${lasts.toFixed(0)} µs`;
            $('takes').textContent = `${message.microseconds.toFixed(0)} µs`;
            $('load').textContent = `${(100 * message.microseconds / lasts).toFixed(1)} %`;
            $('blocks').textContent = String(message.blocks);
            globalThis.playground.loudest = message.shown.output.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
            draw(message.shown);
        };
        node.port.postMessage({ bypass: $('bypass').checked });
        source.connect(node).connect(context.destination);
        source.start?.();
        await context.resume();
        playing = { context, source, node };
        $('state').textContent = `Playing at ${context.sampleRate} Hz.`;
    } catch (error) {
        await context.close();
        $('state').textContent = `Nothing is played: ${error.message}.`;
    }
    $('play').textContent = playing ? 'Stop' : 'Play';
}

function stop() {
    if (!playing) return;
    playing.source.stop?.();
    playing.source.stopAll?.();
    playing.context.close();
    playing = null;
    $('play').textContent = 'Play';
    $('state').textContent = 'Stopped.';
}

/** Microseconds of a block of 128 samples, here and not in the audio thread, over a second of the test signal. */
async function measure() {
    const network = chosen(), { instance } = await WebAssembly.instantiate(bytesOf(`wasm-${network.module}`), {});
    const { exports } = instance;
    exports._initialize?.();
    exports.reset();
    const room = new Float32Array(exports.memory.buffer, exports.block(), exports.block_size()), signal = testSignal(network);
    const round = () => {
        const before = performance.now();
        let blocks = 0;
        for (let t = 0; t + 128 <= network.rate; t += 128, ++blocks) {
            room.set(signal.subarray(t, t + 128));
            exports.process(network.which, 128);
        }
        return 1000 * (performance.now() - before) / blocks;
    };
    round();
    const taken = Math.min(round(), round()), lasts = 128e6 / network.rate;
    $('measured').textContent = `${taken.toFixed(0)} µs, ${(100 * taken / lasts).toFixed(1)} %`;
}

function choose() {
    stop();
    $('about').textContent = chosen().about;
    $('file').disabled = $('source').value !== 'file';
    for (const id of ['lasts', 'takes', 'load', 'blocks', 'measured']) $(id).textContent = '–';
}
$('play').addEventListener('click', () => (playing ? stop() : start()));
$('measure').addEventListener('click', measure);
$('network').addEventListener('change', choose);
$('source').addEventListener('change', choose);
$('bypass').addEventListener('change', () => playing?.node.port.postMessage({ bypass: $('bypass').checked }));
choose();
globalThis.playground = { kept: null, loudest: 0, keep: (samples) => { keep = samples; globalThis.playground.kept = null; }, networks: networks.map((one) => one.id) };
