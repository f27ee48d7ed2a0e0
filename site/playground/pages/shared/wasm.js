// SPDX-License-Identifier: BSL-1.0
// WebAssembly that stands in the page, and texts from it.

/** The bytes of a `<script>` of the page that holds base64. */
export function bytesOf(id) {
    const text = atob(document.getElementById(id).textContent);
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The page's module `name`, for instances of one's own. */
export function compiled(name) {
    return WebAssembly.compile(bytesOf(`wasm-${name}`));
}

/** The exports of the page's module `name`. */
export async function load(name) {
    const { instance } = await WebAssembly.instantiate(bytesOf(`wasm-${name}`), {});
    instance.exports._initialize?.();
    return instance.exports;
}

/** Characters from `address` to a zero. */
export function readText(exports, address) {
    const bytes = new Uint8Array(exports.memory.buffer);
    return new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address)));
}

/** Numbers of the module's memory, as a view that lives until memory grows. */
export function view(Kind, exports, address, count) {
    return new Kind(exports.memory.buffer, address, count);
}

/** An element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== false) made.setAttribute(name, value === true ? '' : value);
    made.append(...children);
    return made;
}
