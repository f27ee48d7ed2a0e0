# SPDX-License-Identifier: BSL-1.0
"""Lines of the pages: prose has at most 140 columns, so that changes of it can be read. Tables, code and headings stay as they are.

    page_lines.py            breaks what is longer, in README.md and docs/
    page_lines.py --check    says what is longer
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH = 140
# What would begin a list, a heading, a quotation or a table if it stood first.
BEGINS = re.compile(r"[-+*#>|=]|\d+[.)]|```|<")


def broken(lines):
    """A paragraph or an item of a list, in lines that are short enough; none begins what it is not."""
    if max(map(len, lines)) <= WIDTH or any(line.endswith("  ") for line in lines):
        return lines
    item = re.match(r"\s*(?:[-*] |\d+\. )?", lines[0])[0]
    line, pieces = " ".join([lines[0].rstrip(), *map(str.strip, lines[1:])]), []
    while len(line) > WIDTH:
        places = [m.start() for m in re.finditer(" ", line) if len(item) < m.start() <= WIDTH and not BEGINS.match(line[m.start() + 1:])]
        if not places:
            break
        pieces.append(line[:places[-1]].rstrip())
        line = " " * len(item) + line[places[-1] + 1:].lstrip()
    return [*pieces, line]


def wrapped(text):
    """A page with lines that are short enough."""
    lines, paragraph, in_code, in_comment = [], [], False, False
    for line in [*text.split("\n"), "|"]:
        in_code ^= line.lstrip().startswith("```")
        in_comment = (in_comment or "<!--" in line) and "-->" not in line.rpartition("<!--")[2]
        stays = in_code or in_comment or "-->" in line or not line.strip() or re.match(r"\s*(\||#|```|<|!\[|---|===|>)", line)
        if paragraph and (stays or re.match(r"\s*([-*] |\*\*|\d+\. )", line)):
            lines += broken(paragraph)
            paragraph = []
        if stays:
            lines.append(line)
        else:
            paragraph.append(line)
    return "\n".join(lines[:-1])


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true")
    checks, faults = options.parse_args().check, []
    for page in pages():
        text = page.read_text()
        if (better := wrapped(text)) == text:
            continue
        if not checks:
            page.write_text(better)
            continue
        own = text.split("\n")
        number = next(n for n, line in enumerate(own) if len(line) > WIDTH and line not in better.split("\n"))
        faults.append(f"{page.relative_to(ROOT)}:{number + 1}: a line of {len(own[number])} columns; tools/page_lines.py breaks it")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
