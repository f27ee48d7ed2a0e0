# SPDX-License-Identifier: BSL-1.0
"""The pages of the playground in Chromium: what they compute is what host programs of the same types compute.

Needs chromium (Debian), node, npm (playwright-core and axe-core are installed into a folder) and what site/playground/build.py
needs; skipped without. With --pictures the pages are drawn into docs/pictures.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import harness

PLAYGROUND = harness.ROOT / "site" / "playground"
NEEDED = ("chromium", "node", "npm", "clang++-19", "wasm-ld-19", "g++")
TOOLS = ("playwright-core", "axe-core")


def skip(why):
    print(f"skipped, {why}")
    sys.exit(harness.SKIPPED)


def digits_program(folder, work):
    """The host's witness for the page of digits, with what the build trained."""
    program = folder / "digits_witness"
    command = ["g++", "-std=c++20", "-O2", f"-I{harness.INCLUDE}", f"-I{PLAYGROUND / 'wasm'}", f"-I{work / 'digits'}", str(HERE / "digits_witness.cpp"), "-o", str(program)]
    status, output = harness.run(command)
    if status:
        sys.exit(" ".join(command) + "\n" + output[-4000:])
    return [str(program), str(work / "digits" / "shown.weights")]


def audio_program(folder, work):
    """The host's witness for the page of sounds; with the voice where the build has it. clang++ takes a fifth of g++'s time."""
    program, voice = folder / "audio_witness", work / "voice"
    command = ["clang++-19", "-std=c++20", "-O2", f"-I{harness.INCLUDE}", f"-I{PLAYGROUND / 'wasm'}", f"-I{work / 'amplifier'}", str(HERE / "audio_witness.cpp"), "-o", str(program)]
    if (voice / "gtcrn_weights.hpp").exists():
        command += ["-DWITH_VOICE", f"-I{voice}"]
    status, output = harness.run(command)
    if status:
        sys.exit(" ".join(command) + "\n" + output[-4000:])
    return [str(program)]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pictures", action="store_true", help="write docs/pictures/playground_*.png")
    options.add_argument("--tools", type=pathlib.Path, help="a folder with node_modules, made if it does not exist")
    options.add_argument("--built", type=pathlib.Path, help="a folder with pages, instead of building them")
    options.add_argument("--work", type=pathlib.Path, help="keep compiled files and trained weights here")
    options.add_argument("--names", nargs="+", default=["calculator", "digits", "audio"], help="only these pages")
    options.add_argument("--layers", type=int, default=25, help="of each kind in the calculator")
    options.add_argument("--models", type=pathlib.Path, help="see build.py")
    options.add_argument("--program", type=pathlib.Path, help="the program archetype, for the page of sounds")
    arguments = options.parse_args()
    if missing := [tool for tool in NEEDED if shutil.which(tool) is None]:
        skip(f"{', '.join(missing)} not found")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tools = arguments.tools or folder / "tools"
        tools.mkdir(parents=True, exist_ok=True)
        if not all((tools / "node_modules" / name).is_dir() for name in TOOLS):
            status, output = harness.run(["npm", "install", "--ignore-scripts", "--silent", "--prefix", str(tools), *TOOLS])
            if status:
                skip(f"npm cannot install {' and '.join(TOOLS)}: {output.strip()[-200:]}")
        work = arguments.work or folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        pages = arguments.built
        if pages is None:
            pages = folder / "pages"
            build = [word for name in ("models", "program") if getattr(arguments, name) for word in (f"--{name}", str(getattr(arguments, name)))]
            status, output = harness.run([sys.executable, str(PLAYGROUND / "build.py"), "--output", str(pages), "--work", str(work), *build], timeout=1400)
            print(output, end="")
            if status:
                sys.exit(1)
        pictures = harness.ROOT / "docs" / "pictures" if arguments.pictures else None
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
        programs = {"calculator": [sys.executable, str(HERE / "layers_witness.py")]}
        if "digits" in arguments.names:
            programs["digits"] = digits_program(folder, work)
        if "audio" in arguments.names:
            programs["audio"] = audio_program(folder, work)
        given = {"tools": str(tools.resolve()), "chromium": shutil.which("chromium"), "pages": str(pages.resolve()), "work": str(work), "names": arguments.names, "layers": arguments.layers,
                 "program": programs, "pictures": str(pictures) if pictures else None}
        sys.exit(subprocess.run(["node", str(HERE / "playground.mjs"), json.dumps(given)], check=False).returncode)


if __name__ == "__main__":
    main()
