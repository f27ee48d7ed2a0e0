# SPDX-License-Identifier: BSL-1.0
"""The documentation checker itself: it accepts good pages and rejects every kind of bad one."""
import pathlib
import sys
import tempfile

import check  # first: it adds tools/ to the path
import coverage
import harness

HELLO = '#include <cstdio>\nint main() { std::puts("hello"); }\n'
CASES = [  # name, page, a part of the complaint (None: accepted)
    ("a whole source", "```cpp\nint x = 1;\n```\n", None),
    ("not C++", "```sh\nint x = ;\n```\n", None),
    ("an error", "text\n```cpp\nint x = ;\n```\n", "does not compile"),
    ("a continued source", "```cpp\nint x = 1;\n```\ntext\n\n<!-- continues -->\n```cpp\nint y = x;\n```\n", None),
    ("not continued", "```cpp\nint x = 1;\n```\n```cpp\nint y = x;\n```\n", "does not compile"),
    ("a file", '<!-- file: a.hpp -->\n```cpp\nint x;\n```\n```cpp\n#include "a.hpp"\nint* y = &x;\n```\n', None),
    ("what it prints", f"<!-- runs -->\n```cpp\n{HELLO}```\n<!-- prints -->\n```text\nhello\n```\n", None),
    ("prints otherwise", f"<!-- runs -->\n```cpp\n{HELLO}```\n<!-- prints -->\n```text\nbye\n```\n", "prints"),
    ("a failing program", "<!-- runs -->\n```cpp\nint main() { return 3; }\n```\n", "ends with 3"),
    ("an expected error", "<!-- does not compile -->\n```cpp\nint x = y;\n```\n<!-- says -->\n```text\nerror:\n```\n", None),
    ("a fence with more", "```sh\nls\n``` [a](b)\n```\n", "does not end the block"),
    ("a missing error", "<!-- does not compile -->\n```cpp\nint x = 1;\n```\n", "compiles, but should not"),
]

DECLARATIONS = [  # what a header says, the public names in it
    ("template <class T, int N = 2>\nstruct box {\n    int inside = 0;\n};\nclass tool;\n", {"box", "tool"}),
    ("template <class T>\nrequires std::is_arithmetic_v<T> && (sizeof(T) > 1) T twice(T x) { return x + x; }\n", {"twice"}),
    ("template <class T>\nconcept small = sizeof(T) == 1;\nusing bytes = int;\nenum class mode { on, off };\n",
     {"small", "bytes", "mode"}),
    ("inline constexpr int first = 1, second = 2;\ninline constexpr auto made = [] { int hidden = 3; return hidden; }();\n",
     {"first", "second", "made"}),
    ("template <>\nstruct box<int> {};\nbool operator==(box<int>, box<int>);\nnamespace detail {\nstruct secret {};\n}\n",
     set()),
    ("#define MACRO struct other {};\n// struct commented {};\n", set()),
]


def main():
    arguments = harness.parser(__doc__).parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        page = pathlib.Path(directory) / "page.md"
        for compiler in arguments.compilers:
            for name, text, wanted in CASES:
                page.write_text(text)
                problems, _ = check.check_page(compiler, page, [], [])
                if any(wanted in p for p in problems) if wanted else not problems:
                    continue
                failures += 1
                print(f"FAILED {compiler}: {name}: {problems}")
    for text, wanted in DECLARATIONS:
        for opened in ("namespace archetype {\n", "namespace archetype::detail {\nint x;\n}\nnamespace archetype::inline SET {\n"):
            found = coverage.public_names(opened + text + "}\n")
            if found != wanted:
                failures += 1
                print(f"FAILED expected the names {sorted(wanted)}, found {sorted(found)}")
    harness.finish(failures, len(CASES) * len(arguments.compilers) + 2 * len(DECLARATIONS), "checks of the checker")


main()
