# SPDX-License-Identifier: BSL-1.0
"""Writes docs/reference/rules.md: each rule of architectures with its sentence, a network that breaks it and one that fits.

    rules_page.py            writes it
    rules_page.py --check    says whether it is what would be written

Sentences are those of architecture/rule.hpp, networks those of tests/misuse: the source that has the rule's name, or the
shortest that expects it. A rule that no source breaks is an error here, but for OWN: rules for layers of one's own.
"""
import argparse
import pathlib
import re
import sys

import page_lines

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "rules.md"
RULES = ROOT / "include" / "archetype" / "architecture" / "rule.hpp"
OWN = {"rank_mismatch"}
HEAD = """# Rules, one by one
<!-- Made by tools/rules_page.py from architecture/rule.hpp and tests/misuse. -->
A report of the compiler says `does_not_fit<archetype::rule::NAME, ...>`: NAME is a heading of this page. Below it stand the
rule, a network that breaks it, and the nearest one that fits. [checks.md](checks.md) says how to read the report,
[compiler_messages.md](compiler_messages.md) what else compilers say. All networks are compiled by `tests/misuse/check.py`.
"""
GROUPS = {"the input's shape": "The input's shape", "the layer's own arguments": "The layer's own arguments",
          "the network": "The network", "a stream": "A stream", "training with a loss": "Training with a loss"}


def rules():
    """[(group, name)] in the order of the enumeration."""
    body = re.search(r"enum class rule \{(.*?)\n\};", RULES.read_text(), re.DOTALL)[1]
    found, group = [], ""
    for line in map(str.strip, body.splitlines()):
        if line.startswith("// "):
            group = GROUPS[line[3:]]
        elif line != "ok,":
            found.append((group, line.rstrip(",")))
    return [pair for pair in found if pair[1]]


def sentences():
    text = RULES.read_text()
    return {name: "".join(re.findall(r'"((?:\\.|[^"\\])*)"', said)).replace('\\"', '"')
            for name, said in re.findall(r"case rule::(\w+):\s*return ((?:\s*\"(?:\\.|[^\"\\])*\")+);", text)}


def sources():
    """{rule: [(path, text)]}: the source of its own name first, those about reports last, others by length."""
    found = {}
    for path in sorted((ROOT / "tests" / "misuse").glob("*.cpp")):
        text = path.read_text()
        for name in set(re.findall(r"^// expect:.*rule::(\w+)", text, re.MULTILINE)):
            found.setdefault(name, []).append((path, text))
    for name, of_rule in found.items():
        of_rule.sort(key=lambda pair: (pair[0].stem != name, "faulty" in pair[0].stem, len(pair[1])))
    return found


def code_of(text, control):
    """The source's own lines with or without CONTROL, without comments in front, includes and the alias of the namespace."""
    lines, keep = [], [True]
    for line in text.splitlines():
        if line.startswith("#ifdef CONTROL"):
            keep.append(control)
        elif line.startswith("#ifndef CONTROL"):
            keep.append(not control)
        elif line.startswith("#else") and len(keep) > 1:
            keep[-1] = not keep[-1]
        elif line.startswith("#endif") and len(keep) > 1:
            keep.pop()
        elif all(keep) and not line.startswith(("// SPDX", "// expect", "// refuse", "// sentence", "// lines", "#include",
                                                "namespace at = archetype;")):
            lines.append(line)
    remarks = []
    while lines and (lines[0].startswith("//") or not lines[0]):
        remarks.append(lines.pop(0)[3:])
    return " ".join(filter(None, remarks)), "\n".join(lines).strip() + "\n"


def entry(name, sentence, of_rule):
    shown = re.sub(r"\[\]\(.*\}|[\w:]+<[^<>]*(?:<[^<>]*>[^<>]*)*>", r"`\g<0>`", sentence if "_" in sentence.split()[0] else sentence[0].upper() + sentence[1:])
    made = f"\n### {name}\n{shown}.\n"
    if name in OWN and not of_rule:
        return made + "For layers of your own; those of the library say which rank they take.\n"
    path, text = of_rule[0]
    remark, wrong = code_of(text, False)
    _, right = code_of(text, True)
    apart = [line for line in right.splitlines() if line not in wrong.splitlines()]
    fits = "\n".join(apart) + "\n" if apart else right
    link = f"[{path.name}](../../tests/misuse/{path.name})"
    return made + (f"\n{remark} ({link})\n" if remark else f"\n{link}:\n") + f"```c++\n{wrong}```\nFits:\n```c++\n{fits}```\n"


def text():
    made, said, group, of_rules = HEAD, sentences(), "", sources()
    for own_group, name in rules():
        if name not in said:
            sys.exit(f"{RULES.name} has no sentence for rule::{name}")
        if name not in of_rules and name not in OWN:
            sys.exit(f"no source of tests/misuse expects rule::{name}")
        if own_group != group:
            made, group = made + f"\n## {own_group}\n", own_group
        made += entry(name, said[name], of_rules.get(name, []))
    return page_lines.wrapped(made)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    if not arguments.parse_args().check:
        PAGE.write_text(text())
    elif not PAGE.exists() or PAGE.read_text() != text():
        sys.exit(f"{PAGE.relative_to(ROOT)} is not what tools/rules_page.py writes")


if __name__ == "__main__":
    main()
