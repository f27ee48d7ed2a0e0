# SPDX-License-Identifier: BSL-1.0
"""Each umbrella compiles after macros of Arduino's cores, Windows' and <complex.h>'s headers, alone and all at once.

Macros are as before after the include.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

FUNCTIONS = {"min(a, b)": "((a) < (b) ? (a) : (b))", "max(a, b)": "((a) > (b) ? (a) : (b))", "abs(x)": "((x) > 0 ? (x) : -(x))",
             "round(x)": "((x) >= 0 ? (long)((x) + 0.5) : (long)((x) - 0.5))", "sq(x)": "((x) * (x))",
             "constrain(x, a, b)": "((x) < (a) ? (a) : (x) > (b) ? (b) : (x))", "radians(x)": "((x) * 0.0174)",
             "degrees(x)": "((x) * 57.29)", "bit(b)": "(1UL << (b))", "F(text)": "(text)"}
NAMES = {"I": "(__extension__ 1.0iF)", "A0": "14", "A1": "15", "A2": "16", "A7": "21", "B0": "0", "B1": "1", "B10": "2", "D0": "0",
         "D1": "1", "PI": "3.14159", "HALF_PI": "1.57", "TWO_PI": "6.28", "EULER": "2.718", "DEFAULT": "1", "EXTERNAL": "0",
         "INTERNAL": "3", "INPUT": "0", "OUTPUT": "1", "HIGH": "1", "LOW": "0", "CHANGE": "1", "SERIAL": "0", "DISPLAY": "1",
         "IN": "", "OUT": "", "OPTIONAL": "", "near": "", "far": "", "small": "char", "interface": "struct", "ERROR": "0",
         "complex": "_Complex"}
UMBRELLAS = ["architecture", "expression", "inference", "weights", "zoo", "training"]
SMALL = ["architecture", "expression", "inference"]
BREAKING = ["min(a, b)", "abs(x)", "round(x)", "A1", "I"]


def check(compiler, umbrella, macros, scalar):
    define = {**FUNCTIONS, **NAMES}
    text = "".join(f"#define {name} {define[name]}\n" for name in macros)
    text += f"#include <archetype/{umbrella}.hpp>\n"
    text += "".join(f"#ifndef {name.split('(')[0]}\n#error {name} is lost\n#endif\n" for name in macros)
    flags = ["-DARCHETYPE_SCALAR"] if scalar else []
    status, output = harness.run(harness.compile_command(compiler, "-std=gnu++20", *flags, "-x", "c++", "-"), text)
    return "" if status == 0 else output[:1500]


def main():
    arguments = harness.one_in_turn(__doc__)
    every = [*FUNCTIONS, *NAMES]
    cases = [(c, u, every, s) for c in arguments.compilers for u in UMBRELLAS for s in (False, True)]
    cases += [(c, u, [m], True) for c in arguments.compilers for u in SMALL for m in BREAKING]
    failures = 0
    for (compiler, umbrella, macros, scalar), problem in harness.run_all(check, cases, arguments.jobs):
        failures += bool(problem)
        what = macros[0] if len(macros) == 1 else f"{len(macros)} macros"
        if problem:
            print(f"FAILED {compiler} {umbrella} {what}{' without SIMD' if scalar else ''}\n{problem}")
    harness.finish(failures, len(cases), "includes after macros")


if __name__ == "__main__":
    main()
