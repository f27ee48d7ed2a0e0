# SPDX-License-Identifier: BSL-1.0
"""Makes the pages of the playground: networks of the library as WebAssembly in HTML files that need nothing else.

    python3 site/playground/build.py                      into build/site/playground
    python3 site/playground/build.py --pages calculator   some pages only
    python3 site/playground/build.py --program build/default/tools/archetype/archetype   with noise suppression

Each page is one file: style, scripts and WebAssembly stand in it, so that it opens from a folder as from any server. What it
needs: clang++-19 with lld-19, wasi-libc, libc++-19-dev-wasm32 and libclang-rt-19-dev-wasm32 of Debian; pages of trained
networks g++ and the library's requirements for training.
"""
import argparse
import base64
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import firmware
import harness

WASM = ["clang++-19", "-std=c++20", "--target=wasm32-wasi", "-msimd128", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-DNDEBUG", *harness.WARNINGS,
        "-nostartfiles", "-Wl,--no-entry,--strip-all,--gc-sections"]
# The readers of the program: exceptions are its way to say what is wrong, with a runtime of our own (wasm/exceptions.cpp).
MODEL = ["clang++-19", "-std=c++20", "--target=wasm32-wasi", "-fwasm-exceptions", "-Oz", "-DNDEBUG", "-DFMT_HEADER_ONLY", "-ffunction-sections", "-fdata-sections", *harness.WARNINGS]
TOOLS = harness.ROOT / "tools" / "archetype"
MODEL_SOURCES = [*(TOOLS / "graph" / f"{name}.cpp" for name in ("graph", "onnx", "onnx_tensor", "tflite")),
                 *(path for room in ("evaluate", "rewrite", "lower", "plan") for path in sorted((TOOLS / room).glob("*.cpp"))),
                 *(TOOLS / "commands" / f"{name}.cpp" for name in ("inspection", "inspection_json", "lowered_file", "states", "tensor_list")),
                 *(TOOLS / "write" / f"{name}.cpp" for name in ("header", "text")),
                 HERE / "wasm" / "exceptions.cpp", HERE / "wasm" / "model.cpp"]
MODEL_HEADERS = (*firmware.LIBRARIES, "protozero", "flatbuffers", "fmt", "rapidjson")
SAMPLES = (harness.ROOT / "tests" / "embedded" / "mlperf_tiny_kws" / "kws_ref_model.tflite", harness.ROOT / "tests" / "files" / "image.onnx")
# Flash and RAM in KiB, from the makers' data sheets; of boards with flash of their own what the board has.
BOARDS = (("STM32F103C8 (Blue Pill, Cortex-M3)", 64, 20), ("SAMD21 (Arduino Nano 33 IoT, Cortex-M0+)", 256, 32), ("STM32F411RE (Nucleo-64, Cortex-M4)", 512, 128),
          ("nRF52833 (micro:bit v2, Cortex-M4)", 512, 128), ("nRF52840 (Arduino Nano 33 BLE, Cortex-M4)", 1024, 256), ("STM32F746NG (Discovery, Cortex-M7)", 1024, 320),
          ("RP2040 (Raspberry Pi Pico, Cortex-M0+)", 2048, 264), ("STM32H743ZI (Nucleo-144, Cortex-M7)", 2048, 1024), ("RP2350 (Raspberry Pi Pico 2, Cortex-M33)", 4096, 520),
          ("ESP32-C3 (4 MiB module, RISC-V)", 4096, 400), ("i.MX RT1062 (Teensy 4.1, Cortex-M7)", 7936, 1024))
HOST = ["g++", "-std=c++20", "-O2", "-DNDEBUG", f"-I{harness.INCLUDE}"]
EXAMPLES = harness.ROOT / "examples"
PAGES = ("index", "calculator", "digits", "audio", "model")
KIB = 1024


def check(command, **more):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        sys.exit(" ".join(map(str, command)) + "\n" + done.stdout[-4000:])
    return done.stdout


def compile_wasm(source, work, flags=("-O2",)):
    """The bytes of a source of wasm/ as WebAssembly."""
    headers = work / "third_party"
    if not headers.exists():
        headers.mkdir()
        firmware.third_party(headers)
    made = work / (source + ".wasm")
    check([*WASM, *flags, f"-I{harness.INCLUDE}", f"-I{work}", "-isystem", headers, HERE / "wasm" / (source + ".cpp"), "-o", made])
    return made.read_bytes()


def encoded(data):
    return base64.b64encode(data).decode()


def assemble(name, binaries, data=None):
    """One file of pages/NAME.html, with `binaries` by name for `load` of wasm.js and `data` as JSON."""
    pages = HERE / "pages"
    text = (pages / (name + ".html")).read_text()
    modules = {f"playground/{path.stem}": "data:text/javascript;base64," + encoded(path.read_bytes()) for path in sorted((pages / "shared").glob("*.js"))}
    parts = ["<style>\n" + (pages / "style.css").read_text() + "</style>"]
    script = pages / (name + ".js")
    if script.exists():
        parts.append('<script type="importmap">' + json.dumps({"imports": modules}) + "</script>")
        parts += [f'<script type="application/wasm" id="wasm-{key}">{encoded(value)}</script>' for key, value in binaries.items()]
        if data is not None:
            parts.append('<script type="application/json" id="data">' + json.dumps(data).replace("</", "<\\/") + "</script>")
        worklet = pages / (name + "_worklet.js")
        if worklet.exists():
            parts.append(f'<script type="text/plain" id="worklet">{encoded(worklet.read_bytes())}</script>')
    if "<!-- head -->" not in text or "<!-- script -->" not in text:
        sys.exit(f"{name}.html lacks the places for its style and its script")
    links = "".join(f'<a href="{other}.html"' + (' aria-current="page"' if other == name else "") + f">{title}</a>" for other, title in titles().items())
    text = text.replace("<!-- head -->", parts[0]).replace("<!-- pages -->", f'<nav aria-label="Pages">{links}</nav>')
    return text.replace("<!-- script -->", "\n".join(parts[1:]) + (f'\n<script type="module">\n{script.read_text()}</script>' if script.exists() else ""))


def titles():
    """Titles of the pages that exist, from their own <title>."""
    found = {}
    for name in PAGES:
        if (HERE / "pages" / (name + ".html")).exists():
            found[name] = re.search(r"<title>(.*?) – archetype</title>", (HERE / "pages" / (name + ".html")).read_text())[1]
    return found


def calculator(work, arguments):
    return {"calculator": compile_wasm("calculator", work)}, None


def trained_digits(work):
    """A folder with what examples/mnist/train.cpp trains and wasm/write_digits.cpp makes of it."""
    folder = work / "digits"
    if not (folder / "shown.weights").exists():
        folder.mkdir(exist_ok=True)
        for source in (EXAMPLES / "mnist" / "train.cpp", HERE / "wasm" / "write_digits.cpp"):
            check([*HOST, "-march=native", source, "-o", work / source.stem, "-lz", "-lzip", "-ltbb"])
        print("".join(line + "\n" for line in check([work / "train", EXAMPLES / "data", folder]).splitlines() if line.startswith(("accuracy", "in 8 bits"))), end="")
        check([work / "write_digits", EXAMPLES / "data", folder])
    return folder


def digits(work, arguments):
    folder = trained_digits(work)
    wasm = compile_wasm("digits", work, ("-O3", f"-I{folder}"))
    if len(wasm) > 150 * KIB:
        sys.exit(f"digits.wasm: at most {150 * KIB} bytes are allowed, found {len(wasm)}")
    return {"digits": wasm, "digits-weights": (folder / "shown.weights").read_bytes()}, None


def voice(work, arguments):
    """Noise suppression, where its file and the program `archetype` are; a reason instead."""
    model = arguments.models / "gtcrn" / "gtcrn_simple.onnx"
    if not model.exists():
        return None, f"{model.name} is not in {arguments.models} (--models)"
    if arguments.program is None:
        return None, "the program archetype is not given (--program)"
    folder = work / "voice"
    if not (folder / "gtcrn_weights.hpp").exists():
        check([arguments.program, "import", model, "-o", folder, "--name", "gtcrn", "--brief", "--weights", "header"])
    return compile_wasm("voice", work, ("-O3", f"-I{folder}")), (model.parent / "LICENSE").read_text().strip()


def audio(work, arguments):
    peers = EXAMPLES / "data" / "peers"
    folder = work / "amplifier"
    if not (folder / "amplifier_weights.hpp").exists():
        folder.mkdir(exist_ok=True)
        check([*HOST, HERE / "wasm" / "write_amplifier.cpp", "-o", work / "write_amplifier", "-lz", "-lzip", "-ltbb"])
        check([work / "write_amplifier", peers / "neural-amp-modeler" / "wavenet_a1_standard.nam", folder])
    binaries = {"effects": compile_wasm("effects", work, ("-O3", f"-I{folder}"))}
    licences = ["Weights: " + "; ".join(f"{title}: {' '.join((peers / name / 'LICENSE').read_text().split())}" for title, name in (("pedal", "neural-seed"), ("amplifier", "neural-amp-modeler")))]
    made, text = voice(work, arguments)
    if made is None:
        print(f"audio: without the voice network, {text}")
    else:
        binaries["voice"] = made
        licences.append(f"noise suppression: {' '.join(text.split())}")
    return binaries, {"voice": made is not None, "licences": "; ".join(licences)}


def model_objects(work, headers):
    """Objects of all sources of the page of files, made side by side; those that are newer than what they are made of are kept."""
    folder = work / "model_objects"
    folder.mkdir(exist_ok=True)
    newest = max(path.stat().st_mtime for path in [*TOOLS.rglob("*.hpp"), *harness.INCLUDE.rglob("*.hpp"), HERE / "wasm" / "page_text.hpp"])

    def made(source):
        target = folder / f"{source.parent.name}_{source.stem}.o"
        if not target.exists() or target.stat().st_mtime < max(newest, source.stat().st_mtime):
            whole = ["-flto"] if source.name != "exceptions.cpp" else []  # inlined, its throws would be invalid
            check([*MODEL, *whole, f"-I{harness.INCLUDE}", "-isystem", headers, "-c", source, "-o", target])
        return target

    return [target for _, target in harness.run_all(made, [(source,) for source in MODEL_SOURCES], os.cpu_count())]


def model(work, arguments):
    headers = work / "model_headers"
    if not headers.exists():
        headers.mkdir()
        firmware.third_party(headers, MODEL_HEADERS)
    made = work / "model.wasm"
    check(["clang++-19", "--target=wasm32-wasi", "-mexec-model=reactor", "-flto", "-fwasm-exceptions", "-Wl,-mllvm,-wasm-enable-eh,-mllvm,-exception-model=wasm", "-Wl,--strip-all,--gc-sections,-z,stack-size=4194304", *model_objects(work, headers), "-o", made])
    packed = len(gzip.compress(made.read_bytes()))
    if packed > 600 * KIB:
        sys.exit(f"model.wasm: at most {600 * KIB} bytes compressed are allowed, found {packed}")
    return {"model": made.read_bytes(), **{path.name: path.read_bytes() for path in SAMPLES}}, {"samples": [path.name for path in SAMPLES], "boards": [(name, KIB * flash, KIB * ram) for name, flash, ram in BOARDS]}


MAKERS = {"index": lambda work, arguments: ({}, None), "calculator": calculator, "digits": digits, "audio": audio, "model": model}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--output", type=pathlib.Path, default=harness.ROOT / "build" / "site" / "playground")
    options.add_argument("--pages", nargs="+", choices=PAGES, default=list(MAKERS))
    options.add_argument("--work", type=pathlib.Path, help="keep compiled files and trained weights here")
    options.add_argument("--models", type=pathlib.Path, default=EXAMPLES / "data" / "peers", help="a folder with gtcrn/gtcrn_simple.onnx")
    options.add_argument("--program", type=pathlib.Path, help="the program archetype, for the page of sounds")
    arguments = options.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.work or pathlib.Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        for name in arguments.pages:
            binaries, data = MAKERS[name](work, arguments)
            page = assemble(name, binaries, data).encode()
            (arguments.output / (name + ".html")).write_bytes(page)
            print(f"{name}.html: {len(page) / KIB:.1f} KiB, gzip {len(gzip.compress(page)) / KIB:.1f} KiB")
            for key, wasm in binaries.items():
                print(f"  {key}: {len(wasm) / KIB:.1f} KiB, gzip {len(gzip.compress(wasm)) / KIB:.1f} KiB")
    print(f"written: {arguments.output}")


if __name__ == "__main__":
    main()
