// SPDX-License-Identifier: BSL-1.0
// What run.py --parts browser would be for browsers: types of the library and ONNX Runtime take turns in one page.
import * as ort from '/ort/ort.wasm.min.mjs';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/ort/';

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
async function load(name) {
    const { instance } = await WebAssembly.instantiate(await (await fetch(`/${name}.wasm`)).arrayBuffer(), {});
    instance.exports._initialize?.();
    return instance.exports;
}
const floats = (exports, address, count) => new Float32Array(exports.memory.buffer, address, count);
const session = (name) => ort.InferenceSession.create(`/${name}.onnx`, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
function furthest(a, b) {
    let most = 0;
    for (let i = 0; i < b.length; ++i) most = Math.max(most, Math.abs(a[i] - b[i]));
    return most;
}
/** Microseconds of one run, of each in turn, forwards and backwards: the median over the rounds and the least. A round is short, so
    that most fall into one slice of a processor that others use too. */
async function inTurns(contenders, rounds, runs) {
    const times = contenders.map(() => []);
    for (const one of contenders) await one(20 * runs);  // the browser compiles again what runs often
    for (let round = 0; round < rounds; ++round) {
        const order = contenders.map((_, i) => i);
        if (round % 2) order.reverse();
        for (const i of order) {
            const start = performance.now();
            await contenders[i](runs);
            times[i].push(1000 * (performance.now() - start) / runs);
        }
    }
    return times.map((all) => ({ median: median(all), least: Math.min(...all) }));
}

async function lenet5(rounds) {
    const own = await load('digits');
    const weights = new Uint8Array(await (await fetch('/shown.weights')).arrayBuffer());
    new Uint8Array(own.memory.buffer, own.weights(), weights.length).set(weights);
    own.use_weights(weights.length);
    own.take_sample(3);
    const peer = await session('lenet5');
    const image = new ort.Tensor('float32', floats(own, own.pixels(), 784).slice(), [1, 1, 28, 28]);
    own.classify();
    const { scores } = await peer.run({ image });
    const difference = furthest(floats(own, own.results(), 10), scores.data);
    const [ours, theirs] = await inTurns([(n) => own.run_real(n), async (n) => { for (let i = 0; i < n; ++i) await peer.run({ image }); }], rounds, 30);
    return { ours, theirs, difference };
}

async function stream(rounds) {
    const own = await load('voice');
    const peer = await session('gtcrn');
    const zeros = (dims) => new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b)), dims);
    let caches = { conv_cache: zeros([2, 1, 16, 16, 33]), tra_cache: zeros([2, 3, 1, 1, 16]), inter_cache: zeros([2, 1, 33, 16]) };
    let seed = 1;
    const random = () => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) / 2 ** 24 - 0.5; };
    const input = Float32Array.from({ length: 514 }, random);
    const step = async () => {
        const made = await peer.run({ mix: new ort.Tensor('float32', input, [1, 257, 1, 2]), ...caches });
        caches = { conv_cache: made.conv_cache_out, tra_cache: made.tra_cache_out, inter_cache: made.inter_cache_out };
        return made.enh.data;
    };
    let difference = 0, largest = 0;
    for (let k = 0; k < 20; ++k) {
        input.forEach((_, i) => { input[i] = random(); });
        floats(own, own.step_numbers(), 514).set(input);
        const ours = floats(own, own.step(), 514).slice(), theirs = await step();
        difference = Math.max(difference, furthest(ours, theirs));
        largest = Math.max(largest, ...theirs.map(Math.abs));
    }
    const [ours, theirs] = await inTurns([(n) => { for (let i = 0; i < n; ++i) own.step(); }, async (n) => { for (let i = 0; i < n; ++i) await step(); }], rounds, 3);
    return { ours, theirs, difference: difference / largest };
}

globalThis.measure = async (rounds, names) => {
    const made = {};
    for (const name of names) made[name] = await { lenet5, stream }[name](rounds);
    return { ...made, runtime: ort.env.versions.common };
};
globalThis.isReady = true;
