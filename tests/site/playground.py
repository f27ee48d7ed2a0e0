# SPDX-License-Identifier: BSL-1.0
"""The pages of the playground in Chromium: what they compute is what host programs of the same types compute. And the site: its
search, light and dark, a phone (reading.mjs).

Needs chromium (Debian), node, npm (playwright-core and axe-core are installed into a folder) and what site/playground/build.py
needs; skipped without, but an error where ARCHETYPE_TEST_INSTALL=1 says that all is installed. With --pictures the pages are drawn into docs/pictures.
"""
import argparse
import json
import os
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
    if os.environ.get("ARCHETYPE_TEST_INSTALL") == "1":
        print(f"FAILED {why}")
        sys.exit(1)
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


def read_site(folder, tools):
    """Builds the site and reads it in Chromium; the exit status."""
    if shutil.which("mkdocs") is None:
        skip("mkdocs not found")
    status, output = harness.run(["mkdocs", "build", "--strict", "-q", "-f", str(harness.ROOT / "site" / "mkdocs.yml"), "-d", str(folder / "site")])
    if status:
        sys.exit(output[-4000:])
    given = {"tools": str(tools.resolve()), "chromium": shutil.which("chromium"), "site": str((folder / "site").resolve())}
    return subprocess.run(["node", str(HERE / "reading.mjs"), json.dumps(given)], check=False).returncode


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pictures", action="store_true", help="write docs/pictures/playground_*.png")
    options.add_argument("--tools", type=pathlib.Path, help="a folder with node_modules, made if it does not exist")
    options.add_argument("--built", type=pathlib.Path, help="a folder with pages, instead of building them")
    options.add_argument("--work", type=pathlib.Path, help="keep compiled files and trained weights here")
    options.add_argument("--names", nargs="+", default=["calculator", "digits", "audio", "model", "site"], help="only these pages; site is that of mkdocs")
    options.add_argument("--layers", type=int, default=25, help="of each kind in the calculator")
    options.add_argument("--models", type=pathlib.Path, help="see build.py")
    options.add_argument("--program", type=pathlib.Path, help="the program archetype, for the page of sounds")
    harness.add_turns(options)
    arguments = options.parse_args()
    arguments.names = harness.in_parts(arguments.names, arguments.turns)
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
        if "site" in arguments.names:
            arguments.names.remove("site")
            read = read_site(folder, tools)
            if read or not arguments.names:
                sys.exit(read)
        work = arguments.work or folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        pages = arguments.built
        if pages is None:
            pages = folder / "pages"
            build = [word for name in ("models", "program") if getattr(arguments, name) for word in (f"--{name}", str(getattr(arguments, name)))]
            build += ["--pages", "index", *arguments.names]
            status, output = harness.run([sys.executable, str(PLAYGROUND / "build.py"), "--output", str(pages), "--work", str(work), *build], timeout=1400)
            print(output, end="")
            if status:
                sys.exit(1)
        pictures = harness.ROOT / "docs" / "pictures" if arguments.pictures else None
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
        programs = {"calculator": [sys.executable, str(HERE / "layers_witness.py")], "model": [sys.executable, str(HERE / "model_witness.py")]}
        if "digits" in arguments.names:
            programs["digits"] = digits_program(folder, work)
        if "audio" in arguments.names:
            if arguments.models and arguments.program and arguments.built is None and not (work / "voice" / "gtcrn_weights.hpp").exists():
                sys.exit("FAILED the page of sounds has no voice, though its file and the program are given")
            programs["audio"] = audio_program(folder, work)
        given = {"tools": str(tools.resolve()), "chromium": shutil.which("chromium"), "pages": str(pages.resolve()), "work": str(work), "names": arguments.names, "layers": arguments.layers,
                 "program": programs, "archetype": str(arguments.program.resolve()) if arguments.program else None, "files": str(harness.ROOT / "tests"), "pictures": str(pictures) if pictures else None}
        sys.exit(subprocess.run(["node", str(HERE / "playground.mjs"), json.dumps(given)], check=False).returncode)


if __name__ == "__main__":
    main()
