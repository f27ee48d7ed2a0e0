# SPDX-License-Identifier: BSL-1.0
"""Networks with every kind of layer run on every target, at three levels, and need nothing there.

Compares the kernels' results with the layers' definitions (tests/embedded/layers) in emulators, then looks at the object
file: no data that a start must copy, no static initializers, nothing of a library but what compilers
call by themselves. Targets without a compiler or an emulator here are skipped. A layer that no network has is an error.
"""
import dataclasses
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import firmware
import forms_page
import harness

SOURCES = [pathlib.Path(__file__).resolve().parent / "layers" / "main.cpp"]
NETWORKS = len(re.findall(r"check(?:_stream)?<", SOURCES[0].read_text()))
# Of the board; what compilers may call in freestanding programs; arithmetic that a target has no instructions for.
ALLOWED = re.compile(r"^(_ZN5board.*|mem(cpy|set|move|cmp)|__aeabi_\w+|__\w+([sd][fi]|ti)\w*|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail)$")
LEVELS = ("-O2", "-Os")
FURTHER = [("cortex-m4", "-O3", ()), ("cortex-m55", "-O3", ()), ("host", "-O2", ("-march=native",)),
           ("host", "-O2", ("-DARCHETYPE_SCALAR",)), ("host", "-O2", ("-ffreestanding",)),
           ("cortex-m4", "-O2", ("-fno-freestanding",)), ("aarch64", "-O2", (), ("boost",))]


def layers_left_out():
    """Layers that neither a network of the source nor one that it takes from tests/execution has."""
    text = SOURCES[0].read_text()
    taken = set(re.findall(r"networks::(\w+)", text))
    for header in (harness.ROOT / "tests" / "execution").glob("*networks.hpp"):
        text += "".join(made for made, name in re.findall(r"(using (\w+) =.*?;)", header.read_text(), re.DOTALL) if name in taken)
    return sorted(forms_page.names() - set(re.findall(r"at::(\w+)", text)))


def check(name, level, flags, libraries=firmware.LIBRARIES):
    target = firmware.TARGETS[name]
    if "-DBOARD_AN547" in target.flags:
        target = dataclasses.replace(target, link=("-T", str(firmware.BOARD / "external_flash.ld"), *target.link))
    if lacking := firmware.missing(target):
        return None, f"{', '.join(lacking)} not found"
    with tempfile.TemporaryDirectory() as folder:
        try:
            program, objects = firmware.build(target, SOURCES, pathlib.Path(folder), level, flags, libraries)
        except RuntimeError as error:
            return [str(error)], ""
        status, output = firmware.run(target, program)
        problems = [f"exit status {status}:\n{output}"] if status != 0 else []
        if (count := len(firmware.values(output))) != NETWORKS:
            problems.append(f"{count} networks instead of {NETWORKS}:\n{output}")
        if target.size:
            found = firmware.sizes(target, objects["main.cpp"])
            problems += [f"{found[section]} bytes of .{section}" for section in ("data", "init_array") if found[section]]
            nm = target.size.replace("size", "nm")
            symbols = {line.split()[0] for line in firmware.check([nm, "-u", "-P", objects["main.cpp"]]).splitlines() if line}
            problems += [f"{symbol} is wanted from elsewhere" for symbol in sorted(symbols) if not ALLOWED.match(symbol)]
    return problems, ""


def main():
    options = harness.parser(__doc__)
    harness.add_turns(options)
    options.add_argument("--targets", nargs="+", default=list(firmware.TARGETS), help="only these")
    arguments = options.parse_args()
    if (absent := layers_left_out()):
        sys.exit(f"no network of {SOURCES[0].relative_to(harness.ROOT)} has {', '.join(absent)}")
    pairs = harness.in_turn(harness.in_parts(list(firmware.TARGETS), arguments.turns, 4), LEVELS, arguments.turns)
    further = harness.in_parts(FURTHER, arguments.turns)
    cases = [case for case in [*((name, level, ()) for level, name in pairs), *further] if case[0] in arguments.targets]
    failures, skipped = 0, 0
    for (name, level, flags, *libraries), (problems, reason) in harness.run_all(check, cases, arguments.jobs):
        failures += bool(problems)
        skipped += problems is None
        verdict = f"skipped, {reason}:" if problems is None else "FAILED" if problems else "passed"
        print(verdict, name, level, *flags, *(f"with {' '.join(own)} alone" for own in libraries))
        for problem in problems or []:
            print("       " + problem)
    if skipped == len(cases):
        sys.exit(harness.SKIPPED)
    harness.finish(failures, len(cases) - skipped, "firmwares")


if __name__ == "__main__":
    main()
