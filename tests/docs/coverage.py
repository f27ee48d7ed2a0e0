# SPDX-License-Identifier: BSL-1.0
"""Every public name is declared once and shown: each name declared in `namespace archetype` occurs in a C++ block of README.md or docs/.

A name counts as shown where a block says `at::name` or `archetype::name`. Namespaces inside `archetype` (detail, kernels,
expression) are not looked at: kernels and expressions have tables of their own. EXCEPTIONS lists what needs no snippet.
"""
import argparse
import pathlib
import re
import sys

import check  # first: it adds tools/ to the path
import harness

EXCEPTIONS = {}  # name: why it needs no snippet
OVERLOADS = {"sentence", "write_constant_weights", "write_constant_weights_object", "save_checkpoint", "load_checkpoint",
             "try_save_checkpoint", "try_load_checkpoint"}  # functions that several headers have

TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|' r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
ATTRIBUTE = re.compile(r"\[\[\s*\w+[^\]]*\]\]")
NAMESPACE = re.compile(r"(?:inline\s+)?namespace\s+([\w:]+(?:\s+[\w:]+)*)\s*$")
INLINE = re.compile(r"(?:::)?\binline\s+\w+")  # not seen by who writes a name
TYPE = re.compile(r"^(?:enum\s+class|enum|struct|class|concept|using)\s+(?:\[\[[^\]]*\]\]\s*)?(\w+)\s*(<?)")
FUNCTION = re.compile(r"(\w+)\s*\($")
VARIABLE = re.compile(r"(\w+)\s*$")
NOT_A_FUNCTION = {"requires", "decltype", "noexcept", "alignas", "operator", "static_assert", "sizeof"}


def plain(source):
    """The source without comments, the contents of literals, attributes and preprocessor directives."""
    source = TEXT.sub(lambda match: '""' if match[0][0] in "\"'" else " ", source)
    return ATTRIBUTE.sub(" ", DIRECTIVE.sub("", source))


def end_of(text, start, opening, closing):
    """The position after the bracket that closes the one at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closing)
        if depth == 0:
            return at + 1
    return len(text)


def after_constraint(text):
    """What follows a requires-clause: operands joined by && or ||, each in brackets or a name with arguments."""
    text = text[len("requires"):].strip()
    while True:
        if text.startswith("("):
            text = text[end_of(text, 0, "(", ")"):].strip()
        else:
            text = re.sub(r"^[\w:!]+", "", text).strip()
            if text.startswith("<"):
                text = text[end_of(text, 0, "<", ">"):].strip()
        if not text.startswith(("&&", "||")):
            return text
        text = text[2:].strip()


def declared_names(declaration):
    """The names that a declaration (up to its body or semicolon) introduces; none for specializations and operators."""
    text = " ".join(declaration.split())
    while text.startswith("template"):
        text = text[end_of(text, text.index("<"), "<", ">"):].strip()
        if text.startswith("requires"):
            text = after_constraint(text)
    match = TYPE.match(text)
    if match:
        return [] if match[2] else [match[1]]
    if text.startswith(("friend", "static_assert", "extern")) or "operator" in text:
        return []
    head = text[:text.index("=")].rstrip() if "=" in text else text
    if "(" in head:
        for bracket in re.finditer(r"\(", head):
            match = FUNCTION.search(head[:bracket.end()])
            if match and match[1] not in NOT_A_FUNCTION:
                before = head[:match.start(1)].strip()
                # without a type: a deduction guide; after ::, a member's definition
                return [match[1]] if before and not before.endswith("::") else []
        return []
    match = VARIABLE.search(head)
    if not match or match[1] == head:
        return []
    return [match[1], *re.findall(r",\s*(\w+)\s*=", text)]


ALIAS = re.compile(r"(?:^|[\s>)])using\s+\w+\s*=")


def public_names(source):
    """The names that a header declares in `namespace archetype` itself."""
    text, names, spaces, at, start = plain(source), [], [], 0, 0
    while at < len(text):
        character = text[at]
        if character == "(":
            at = end_of(text, at, "(", ")")
            continue
        if character == ";":
            if "::".join(filter(None, spaces)) == "archetype":
                names += declared_names(text[start:at])
            start = at + 1
        elif character == "{":
            space = NAMESPACE.search(text[start:at])
            if space:
                spaces.append(INLINE.sub("", space[1]))
                start = at + 1
            elif ALIAS.search(text[start:at]):  # a value among its arguments
                at = end_of(text, at, "{", "}")
                continue
            else:
                if "::".join(filter(None, spaces)) == "archetype":
                    names += declared_names(text[start:at])
                at = end_of(text, at, "{", "}")
                while at < len(text) and text[at] in " \n\t":
                    at += 1
                if text[at:at + 1] in (";", "("):  # the end of a type; a lambda that is called
                    at = text.index(";", at) + 1
                start = at
                continue
        elif character == "}":
            spaces = spaces[:-1]
            start = at + 1
        at += 1
    return set(names)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--list", action="store_true", help="print every name and where it is declared")
    listed = arguments.parse_args().list
    root = harness.ROOT
    declared, twice = {}, []
    for header in sorted((root / "include").rglob("*.hpp")):
        for name in public_names(header.read_text()):
            first = declared.setdefault(name, header.relative_to(root / "include"))
            if first != header.relative_to(root / "include") and name not in OVERLOADS:
                twice.append(f"FAILED {name} stands in {first} and {header.relative_to(root / 'include')}: whoever includes both cannot say it")
    shown = set()
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        for block in check.blocks_of(page.read_text()):
            if block.language == "cpp":
                shown |= set(re.findall(r"\b(?:at|archetype)::(\w+)", block.text))
    failures = len(twice)
    print(*twice, sep="\n", end="\n" if twice else "")
    for name, header in sorted(declared.items(), key=lambda item: (str(item[1]), item[0])):
        if listed:
            print(f"{'shown' if name in shown else 'not shown':9} {name} ({header})")
        if name in shown and name in EXCEPTIONS:
            failures += 1
            print(f"FAILED {name} is shown; it is no exception any more")
        elif name not in shown and name not in EXCEPTIONS:
            failures += 1
            print(f"FAILED {name} ({header}) is in no C++ block of README.md or docs/")
    for name in sorted(set(EXCEPTIONS) - set(declared)):
        failures += 1
        print(f"FAILED the exception {name} is not declared anywhere")
    harness.finish(failures, len(declared), "public names")


if __name__ == "__main__":
    main()
