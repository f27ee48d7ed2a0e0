// SPDX-License-Identifier: BSL-1.0
// Runs a firmware that was compiled to WebAssembly: node run_wasm.mjs FILE
import { readFileSync } from 'node:fs';
import process from 'node:process';

let memory;
function print(from) {
    const bytes = new Uint8Array(memory.buffer);
    let to = from;
    while (bytes[to] !== 0) ++to;
    process.stdout.write(Buffer.from(bytes.subarray(from, to)));
}
const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]), { board: { print } });
memory = instance.exports.memory;
process.exitCode = instance.exports.__main_void();
