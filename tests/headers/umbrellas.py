# SPDX-License-Identifier: BSL-1.0
"""Umbrella headers include what the documentation says: each its whole room, archetype.hpp every header but statistics."""
import pathlib
import re
import sys

INCLUDED = re.compile(r"^\s*#\s*include\s*<(archetype/[^>]+)>", re.MULTILINE)
# Rooms with a header of their name. Those of the others name what a kind of user needs.
ROOMS = ["data", "interchange", "plotting", "statistics", "zoo"]


def reached(include, header, found):
    if header not in found:
        found.add(header)
        for other in INCLUDED.findall((include / header).read_text()):
            reached(include, other, found)
    return found


def main():
    include = pathlib.Path(sys.argv[1]).resolve() / "include"
    headers = {str(path.relative_to(include)) for path in (include / "archetype").rglob("*.hpp")}
    wanted = {f"archetype/{room}.hpp": {h for h in headers if h.startswith(f"archetype/{room}/")} for room in ROOMS}
    statistics = wanted["archetype/statistics.hpp"] | {"archetype/statistics.hpp"}
    wanted["archetype/archetype.hpp"] = headers - statistics
    failures = 0
    for umbrella, parts in wanted.items():
        found = reached(include, umbrella, set())
        for missing in sorted(parts - found):
            print(f"{umbrella} does not include {missing}")
            failures += 1
        for extra in sorted(found & statistics) if umbrella != "archetype/statistics.hpp" else []:
            print(f"{umbrella} includes {extra}, which needs BLAS")
            failures += 1
    print(f"{len(wanted)} umbrella headers, {failures} faults")
    sys.exit(1 if failures else 0)


main()
