// SPDX-License-Identifier: BSL-1.0
// The audio thread: one stream, whatever number of samples the browser asks for.
class Network extends AudioWorkletProcessor {
    constructor(options) {
        super();
        const { bytes, which, keep } = options.processorOptions;
        this.exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports;
        this.exports._initialize?.();
        this.exports.reset();
        this.which = which;
        this.room = new Float32Array(this.exports.memory.buffer, this.exports.block(), this.exports.block_size());
        this.bypass = false;
        this.blocks = this.busy = this.steps = 0;
        // Some browsers have no fine clock here. Whole milliseconds are right in the mean over many blocks.
        this.now = globalThis.performance ? () => performance.now() : () => Date.now();
        this.kept = keep ? { input: new Float32Array(keep), output: new Float32Array(keep), at: 0 } : null;
        this.shown = { input: new Float32Array(2048), output: new Float32Array(2048) };
        this.port.onmessage = ({ data }) => { this.bypass = data.bypass; };
    }

    process([input], [output]) {
        const out = output[0], count = out.length, given = input[0];
        const before = given ? given.slice() : new Float32Array(count);
        this.room.set(before);
        const start = this.now();
        this.exports.process(this.which, count);
        this.busy += this.now() - start;
        const made = this.room.subarray(0, count);
        if (this.kept && this.kept.at + count <= this.kept.input.length) {
            this.kept.input.set(before, this.kept.at);
            this.kept.output.set(made, this.kept.at);
            this.kept.at += count;
            if (this.kept.at === this.kept.input.length) this.port.postMessage({ kept: this.kept });
        }
        for (const channel of output) channel.set(this.bypass ? before : made);
        for (const [name, samples] of [['input', before], ['output', out]]) {
            this.shown[name].copyWithin(0, count);
            this.shown[name].set(samples, this.shown[name].length - count);
        }
        ++this.blocks;
        this.steps += count;
        if (this.blocks % 64 === 0) {
            this.port.postMessage({ blocks: this.blocks, microseconds: 1000 * this.busy / 64, shown: this.shown });
            this.busy = 0;
        }
        return true;
    }
}
registerProcessor('network', Network);
