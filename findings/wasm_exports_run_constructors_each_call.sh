#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# lld 19.1.7 (Debian 12, wasm-ld): a module linked with --no-entry, as libraries for web pages are, runs its global constructors
# again at each call of an exported function: the linker wraps every export in `NAME.command_export`, which calls
# __wasm_call_ctors first. State that constructors made is overwritten between two calls. It does so with and without WASI's
# library; only -mexec-model=reactor gives the module `_initialize` and exports that are the functions themselves.
# Guessed: constructors run once, at instantiation, or never. Seen for three calls in a row, in node:
#   no entry, WASI: 1 2 3
#   no entry, no library: 1 2 3
#   reactor: 1 1 1
# Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in clang-19=1:19.1.7-3~deb12u1 lld-19=1:19.1.7-3~deb12u1 wasi-libc=0.0~git20220510.9886d3d-2; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned##*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
command -v node >/dev/null || apt-get install -y -qq --no-install-recommends nodejs >/dev/null
cd "$folder"
cat >state.cpp <<'CPP'
static int constructions;
struct counted {
    counted() { ++constructions; }
};
static counted state;
extern "C" __attribute__((export_name("seen"))) int seen() { return constructions; }
CPP
cat >call.mjs <<'JS'
import { readFileSync } from "node:fs";
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
const { exports } = new WebAssembly.Instance(module, imports);
exports._initialize?.();
console.log(exports.seen(), exports.seen(), exports.seen());
JS
wasi=(clang++-19 --target=wasm32-wasi -O0 -fno-exceptions state.cpp)
"${wasi[@]}" -nostartfiles -Wl,--no-entry -o command.wasm
"${wasi[@]}" -mexec-model=reactor -o reactor.wasm
clang++-19 --target=wasm32 -nostdlib -O0 -Wl,--no-entry state.cpp -o bare.wasm
found="no entry, WASI: $(node --no-warnings call.mjs command.wasm)
no entry, no library: $(node --no-warnings call.mjs bare.wasm)
reactor: $(node --no-warnings call.mjs reactor.wasm)"
echo "$found"
[ "$found" = "no entry, WASI: 1 2 3
no entry, no library: 1 2 3
reactor: 1 1 1" ]
