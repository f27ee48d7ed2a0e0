# SPDX-License-Identifier: BSL-1.0
"""Umbrella headers include what the documentation says: each its whole room, archetype.hpp every header but those that need a further library."""
import pathlib
import re
import sys

INCLUDED = re.compile(r"^\s*#\s*include\s*<(archetype/[^>]+)>", re.MULTILINE)
# Rooms with a header of their name. Those of the others name what a kind of user needs.
ROOMS = ["data", "interchange", "plotting", "statistics", "text", "zoo"]
# Folders whose headers need a library that the others do not, each with an umbrella of its own.
APART = {"archetype/statistics": "BLAS", "archetype/interchange/onnx": "protozero", "archetype/data/pictures": "libpng and libjpeg",
         "archetype/plotting/tensorboard": "protozero",
         "archetype/data/sounds": "libsndfile", "archetype/interchange/graphs": "archetype::files", "archetype/distributed": "MPI"}
UMBRELLAS = {"archetype/statistics": "archetype/statistics.hpp", "archetype/interchange/onnx": "archetype/onnx.hpp",
             "archetype/data/pictures": "archetype/pictures.hpp", "archetype/data/sounds": "archetype/sound.hpp", "archetype/distributed": "archetype/distributed.hpp",
             "archetype/interchange/graphs": "archetype/files.hpp", "archetype/plotting/tensorboard": "archetype/tensorboard.hpp"}
USES = {"archetype/files.hpp": "archetype/interchange/onnx"}  # what an umbrella may include of another folder


def reached(include, header, found):
    if header not in found:
        found.add(header)
        for other in INCLUDED.findall((include / header).read_text()):
            reached(include, other, found)
    return found


def main():
    include = pathlib.Path(sys.argv[1]).resolve() / "include"
    headers = {str(path.relative_to(include)) for path in (include / "archetype").rglob("*.hpp")}
    apart = {folder: {h for h in headers if h.startswith(folder + "/")} | {UMBRELLAS[folder]} for folder in APART}
    wanted = {f"archetype/{room}.hpp": {h for h in headers if h.startswith(f"archetype/{room}/")} for room in ROOMS}
    wanted |= {UMBRELLAS[folder]: own for folder, own in apart.items()}
    wanted["archetype/archetype.hpp"] = headers
    for umbrella in wanted:
        for folder, own in apart.items():
            if umbrella != UMBRELLAS[folder]:
                wanted[umbrella] = wanted[umbrella] - own
    failures = 0
    for umbrella, parts in wanted.items():
        found = reached(include, umbrella, set())
        for missing in sorted(parts - found):
            print(f"{umbrella} does not include {missing}")
            failures += 1
        for folder, own in apart.items():
            for extra in sorted(found & own) if umbrella != UMBRELLAS[folder] and folder != USES.get(umbrella) else []:
                print(f"{umbrella} includes {extra}, which needs {APART[folder]}")
                failures += 1
    print(f"{len(wanted)} umbrella headers, {failures} faults")
    sys.exit(1 if failures else 0)


main()
