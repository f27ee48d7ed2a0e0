# SPDX-License-Identifier: BSL-1.0
"""The misuse harness itself: it accepts a good case and rejects every kind of bad one."""
import pathlib
import sys
import tempfile

import check  # first: it adds tools/ to the path
import harness

GOOD = """// expect: one sentence
#ifdef CONTROL
static_assert(true, "one sentence");
#else
static_assert(false, "one sentence");
#endif
"""
CASES = [  # name, source, a part of the complaint (None: accepted)
    ("one error as expected", GOOD, None),
    ("two errors", GOOD.replace("#else", '#else\nstatic_assert(false, "another");'), "2 errors"),
    ("it compiles", GOOD.replace("false", "true"), "it compiles"),
    ("another message", GOOD.replace("// expect: one", "// expect: two"), "lacks `two sentence`"),
    ("a refused word", "// refuse: sentence\n" + GOOD, "contains `sentence`"),
    ("no expectation", GOOD.replace("// expect:", "//"), "expects nothing"),
    ("no control", '// expect: x\nstatic_assert(false, "x");\n', "no control"),
    ("a control that fails", GOOD.replace("true", "false"), "control does not compile"),
    ("a control that warns", GOOD.replace("#else", "#warning loud\n#else"), "control does not compile"),
]


def main():
    arguments = harness.one_in_turn(__doc__)
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        for compiler in arguments.compilers:
            for name, text, wanted in CASES:
                path = pathlib.Path(directory) / "case.cpp"
                path.write_text(text)
                problems, output = check.check(compiler, path)
                right = any(wanted in p for p in problems) if wanted else not problems
                if not right:
                    failures += 1
                    print(f"FAILED {compiler}: {name}: {problems}\n{output}")
        # The number of lines, judged on an output made here: compilers shorten long walls in their own ways.
        wall = "a.cpp:1: error: one sentence\n" + "note\n" * check.MOST_LINES
        if not any("13 lines" in p for p in check.judge(GOOD, "g++", 1, wall)):
            failures += 1
            print("FAILED: 13 lines of output are accepted")
    harness.finish(failures, len(CASES) * len(arguments.compilers) + 1, "checks of the harness")


main()
