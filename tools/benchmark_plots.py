# SPDX-License-Identifier: BSL-1.0
"""Draws tables of docs/benchmarks.md as bars: docs/pictures/benchmark_*.svg. The page's picture links say which column.

    benchmark_plots.py            draws them
    benchmark_plots.py --check    says whether they are what would be drawn

A line `![TITLE](pictures/benchmark_NAME.svg "COLUMN")` below a table means: the numbers of that column, a bar for each row.
"""
import argparse
import html
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
LINK = re.compile(r'^!\[(.+)\]\((pictures/benchmark_\w+\.svg) "(.+)"\)$')
LEFT, WIDE, ROW, RIGHT = 250, 380, 24, 80


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def number_of(text):
    found = re.match(r"[\d,]*\.?\d+", text)
    return float(found[0].replace(",", "")) if found else None


def pictures(text):
    """{path: (title, column, [(label, number, text)])} of all links."""
    found, table, is_open = {}, [], False
    for line in text.splitlines():
        if line.startswith("|"):
            table = [*table, cells(line)] if is_open else [cells(line)]
        elif link := LINK.match(line):
            title, path, column = link.groups()
            if not table or column not in table[0]:
                sys.exit(f"{path}: a table with the column {column} is expected above, found {table[0] if table else 'none'}")
            at = table[0].index(column)
            found[path] = (title, column, [(row[0], number_of(row[at]), row[at]) for row in table[2:] if number_of(row[at]) is not None])
        is_open = line.startswith("|")
    return found


def drawn(title, column, rows):
    most = max(number for _, number, _ in rows)
    height = 34 + ROW * len(rows) + 8
    made = ["<!-- SPDX-License-Identifier: BSL-1.0 -->", f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDE + RIGHT} {height}" width="{LEFT + WIDE + RIGHT}" height="{height}" font-family="sans-serif" font-size="13" role="img">',
            f"<title>{html.escape(title)}</title>", '<rect width="100%" height="100%" fill="#ffffff"/>', f'<text x="8" y="20" font-weight="bold" fill="#1c1b19">{html.escape(title)}: {html.escape(column)}</text>']
    for k, (label, number, text) in enumerate(rows):
        y = 34 + ROW * k
        own = "archetype" in label
        made += [f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end" fill="#1c1b19">{html.escape(label.replace("`", ""))}</text>',
                 f'<rect x="{LEFT}" y="{y + 3}" width="{max(WIDE * number / most, 1):.1f}" height="{ROW - 8}" fill="{"#0b5b8a" if own else "#b5afa4"}"/>',
                 f'<text x="{LEFT + WIDE * number / most + 6:.1f}" y="{y + 15}" fill="#1c1b19">{html.escape(text)}</text>']
    return "\n".join([*made, "</svg>"]) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    arguments = options.parse_args()
    wrong = 0
    for path, (title, column, rows) in pictures(PAGE.read_text()).items():
        file, made = ROOT / "docs" / path, drawn(title, column, rows)
        if not arguments.check:
            file.write_text(made)
            print(f"docs/{path}: {len(rows)} bars")
        elif not file.exists() or file.read_text() != made:
            print(f"docs/{path} is not what the table says: python3 tools/benchmark_plots.py draws it")
            wrong += 1
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
