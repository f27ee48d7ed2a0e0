# SPDX-License-Identifier: BSL-1.0
"""Rules of the house that no compiler checks: licence line, guard, length of headers, and which room may use which."""
import pathlib
import re
import sys

# A room may use the rooms before it; statistics stands alone but for elementary functions, plotting draws what training
# reports, the zoo only names types.
ORDER = ["architecture", "expression", "kernels", "execution", "data", "training", "statistics", "interchange", "text", "plotting"]
ROOMS = {room: set(ORDER[:place]) for place, room in enumerate(ORDER)}
ROOMS["statistics"] = {"expression"}
ROOMS["text"] = {"data", "interchange"}
ROOMS["plotting"] = {"training", "expression", "architecture"}
ROOMS["distributed"] = set(ORDER[:ORDER.index("interchange") + 1]) - {"statistics"}
ROOMS["zoo"] = {"architecture", "expression"}
# Folders of the two rooms that are cut: what each may use of them. `kernels/convolution/ways` is private to `convolution`.
BASE = {"kernels/vectors", "kernels/images"}
FLOAT = BASE | {"kernels/elementwise", "kernels/pooling", "kernels/rows", "kernels/products", "kernels/time", "kernels/convolution"}
STEPS = {"execution/steps", "execution/lowering"}
RUN = STEPS | {"execution/inference"}
FOLDERS = {
    "kernels/vectors": set(),
    "kernels/images": {"kernels/vectors"},
    "kernels/elementwise": BASE,
    "kernels/pooling": BASE,
    "kernels/rows": BASE,
    "kernels/products": BASE,
    "kernels/time": BASE,
    "kernels/convolution/ways": BASE | {"kernels/products"},
    "kernels/convolution": BASE | {"kernels/products", "kernels/pooling", "kernels/convolution/ways"},
    "kernels/integers": BASE | {"kernels/elementwise", "kernels/products", "kernels/pooling", "kernels/convolution"},
    "kernels/integers/rows": BASE | {"kernels/integers"},
    "kernels/integers/depthwise": BASE | {"kernels/integers"},
    "execution/steps": BASE | {"kernels/rows"},
    "execution/lowering": FLOAT | {"execution/steps", "execution/lowering/volumes", "execution/lowering/recurrent"},
    "execution/lowering/volumes": FLOAT | STEPS,
    "execution/lowering/recurrent": FLOAT | STEPS,
    "execution/inference": FLOAT | STEPS,
    "execution/stream/forms": FLOAT | STEPS,
    "execution/stream": FLOAT | {"execution/stream/forms"} | RUN,
    "execution/integers/forms": FLOAT | {"kernels/integers", "kernels/integers/depthwise", "kernels/integers/rows"} | STEPS,
    "execution/integers": FLOAT | {"kernels/integers", "execution/integers/forms"} | RUN,
    "execution/stream/integers": FLOAT | {"execution/stream", "execution/stream/forms", "execution/integers", "execution/integers/forms", "kernels/integers"} | RUN,
    "execution/training": FLOAT | RUN,
    "execution/host": FLOAT | RUN | {"execution/training"},
    "execution/quantize": FLOAT | {"kernels/integers", "execution/training", "execution/host", "execution/integers", "execution/integers/forms"} | RUN,
    "execution": FLOAT | RUN | {"execution/stream", "execution/integers", "execution/stream/integers"},  # budget.hpp
}
# Folders of the program and which headers of the library and of each other they may use.
PROGRAM = {"graph": {"graph", "archetype/data"}, "evaluate": {"graph", "evaluate", "archetype/data"},
           "rewrite": {"graph", "evaluate", "rewrite", "archetype/data"}, "lower": {"graph", "evaluate", "rewrite", "lower", "archetype/data"},
           "plan": {"graph", "lower", "plan", "archetype/architecture"},
           "write": {"graph", "evaluate", "lower", "write", "archetype/data", "archetype/interchange"},
           "fill": {"graph", "evaluate", "rewrite", "lower", "fill", "archetype/data", "archetype/interchange"},
           "commands": {"graph", "evaluate", "rewrite", "lower", "plan", "write", "commands", "archetype/data", "archetype/interchange"}}
LIGHT = {"archetype/data/file_error.hpp", "archetype/data/file_bytes.hpp", "archetype/data/hdf5/hdf5_file.hpp", "archetype/data/path_parts.hpp", "archetype/data/zip_member.hpp"}  # all that the folders below `write` may use of data
PROGRAM_INCLUDED = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
MOST_HEADERS = 30  # in a folder
BEGIN_OF_DECISION = 40  # letters; one that is written anew is not added
APART = {"interchange/graphs/fill_from_file.hpp"}  # what is compiled once, for whatever processor
# Rooms whose functions become machine code lie in the inline namespace of instruction_set.hpp; headers of types that stand
# in the reports of compilers hold no such functions and keep their short names.
COMPILED = {"expression", "kernels", "execution", "data", "training", "statistics", "interchange", "text", "plotting", "distributed"}
SET = "ARCHETYPE_INSTRUCTION_SET"
REPORTS = {"execution/budget.hpp", "execution/inference/feedback_report.hpp", "execution/inference/object_report.hpp", "execution/stream/stream_report.hpp",
           "execution/integers/integer_rules.hpp", "execution/lowering/integer_rule.hpp"}
OPENED = re.compile(r"^(?:inline )?namespace archetype\b[\w: ]*\{$", re.MULTILINE)
INCLUDED = re.compile(r'^\s*#\s*include\s*[<"](archetype/[\w/]+\.hpp)[>"]', re.MULTILINE)
# What a device never includes (training/device).
HOSTS = ("archetype/execution/host/", "archetype/execution/quantize/", "archetype/data/", "archetype/interchange/", "archetype/training/arguments.hpp")
LICENCE = "SPDX-License-Identifier: BSL-1.0"
UNFINISHED = re.compile(r'\b(TODO|FIXME|XXX|TBD|PLACEHOLDER)\b|(?<!")\b[Pp]laceholder\b')  # in quotes: TensorFlow's operator
USED = re.compile(r'^\s*#\s*include\s*[<"]archetype/(\w+)/', re.MULTILINE)
USED_FOLDER = re.compile(r'^\s*#\s*include\s*[<"]archetype/((?:kernels|execution)(?:/\w+)*)/\w+\.hpp', re.MULTILINE)
LONGEST = 500


def reaches(root, header, wanted, seen):
    """Whether a header includes another one, itself or through others of the library."""
    if header == wanted:
        return True
    seen.add(header)
    path = root / "include" / header
    used = INCLUDED.findall(path.read_text()) if path.is_file() else []
    return any(reaches(root, one, wanted, seen) for one in used if one not in seen)


def host_headers(root, path):
    """Headers of hosts that a header reaches, itself or through others of the library."""
    found, left = set(), [path]
    while left:
        for one in INCLUDED.findall(left.pop().read_text()):
            if one not in found and (root / "include" / one).is_file():
                found.add(one)
                left.append(root / "include" / one)
    return {one for one in found if one.startswith(HOSTS)}


def complaints_of_names(root, inside, text):
    if inside.split("/")[0] in COMPILED and inside not in REPORTS | APART:
        for opened in OPENED.findall(text):
            if SET not in opened:
                yield f"'{opened}' must end in '::inline {SET} {{'"
    if SET in text and inside != "instruction_set.hpp":
        if not reaches(root, f"archetype/{inside}", "archetype/instruction_set.hpp", set()):
            yield f"uses {SET} without <archetype/instruction_set.hpp>"


def complaints(root, path):
    text = path.read_text(errors="replace")
    lines = text.splitlines()
    if path.suffix in {".hpp", ".cpp", ".py", ".cmake"} and LICENCE not in "\n".join(lines[:2]):
        yield "the first line is not the licence"
    if path.suffix == ".hpp" and path.is_relative_to(root / "include"):
        if "#pragma once" not in lines and not path.name.endswith("_macros.hpp"):
            yield "no #pragma once"
        if len(lines) > LONGEST:
            yield f"{len(lines)} lines, at most {LONGEST} are allowed"
        parts = path.relative_to(root / "include" / "archetype").parts
        yield from complaints_of_names(root, "/".join(parts), text)
        if len(parts) > 1:
            room = parts[0]
            for used in sorted(set(USED.findall(text)) - {room}):
                if room not in ROOMS or used not in ROOMS[room]:
                    yield f"the room {room} may not use the room {used}"
            folder = "/".join(parts[:-1])
            if folder == "training/device":
                for used in sorted(host_headers(root, path)):
                    yield f"the folder training/device may not reach {used}: it is for hosts"
            for used in sorted(set(USED_FOLDER.findall(text)) - {folder}):
                if room in {"kernels", "execution"} and used not in FOLDERS.get(folder, set()):
                    yield f"the folder {folder} may not use the folder {used}"
                if used == "kernels/convolution/ways" and folder != "kernels/convolution":
                    yield f"{used} is for kernels/convolution alone"
    if path.is_relative_to(root / "tools" / "archetype") and path.parent.name in PROGRAM:
        folder = path.parent.name
        for bracket, used in PROGRAM_INCLUDED.findall(text):
            if bracket == '"':
                used = (path.parent / used).resolve().parent.name
            elif not used.startswith("archetype/"):
                continue
            elif folder not in {"plan", "write", "commands"} and used not in LIGHT and used[len("archetype/"):] not in APART:
                yield f"the folder tools/archetype/{folder} may not use <{used}>"
                continue
            else:
                used = "/".join(used.split("/")[:2])
            if used not in PROGRAM[folder]:
                yield f"the folder tools/archetype/{folder} may not use {used}"
    inside = path.relative_to(root).as_posix()
    if re.match(r"include/archetype/(architecture|kernels|execution|training)/", inside):
        for number, line in enumerate(lines, 1):
            if re.search(r'\bkind [!=]= (text_view\()?"', line):
                yield f"line {number}: the text of a kind decides nothing, facts do: {line.strip()}"
    if inside.startswith("examples/") and path.suffix in {".cpp", ".hpp"}:
        for number, line in enumerate(lines, 1):
            if "detail::" in line:
                yield f"line {number}: an example uses the public names only, not {line.strip()}"
    if inside.startswith("docs/") and path.suffix == ".md":
        code = False  # within a block of C++; messages of compilers may name what is within
        for number, line in enumerate(lines, 1):
            if line.startswith("```"):
                code = line.startswith("```cpp")
            elif code and re.search(r"\b(archetype|at)?::?detail\b", line):
                yield f"line {number}: a page uses the public names only, not {line.strip()}"
    if inside == "docs/architecture.md" and "\n| " in text.partition("## Decisions")[2]:
        yield "decisions stand in docs/decisions.md"
    if inside == "docs/decisions.md":
        decisions = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
        begins = [one[:BEGIN_OF_DECISION] for one in decisions]
        for one in sorted({one for one in begins if begins.count(one) > 1}):
            yield f"the decision stands {begins.count(one)} times: {one}"
    if path.name != "house.py":
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                yield f"line {number} is unfinished: {line.strip()}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    folders = ["include", "tests", "examples", "benchmarks", "tools", "cmake", "docs", "scripts"]
    suffixes = {".hpp", ".cpp", ".py", ".cmake", ".md", ".txt"}
    files = [p for f in folders for p in sorted((root / f).rglob("*")) if p.suffix in suffixes and p.is_file()]
    found = [(p, c) for p in files for c in complaints(root, p)]
    page = root / "docs" / "architecture.md"
    found += [(page, f"the table of folders lacks {f}") for f in FOLDERS if f"`{f}" not in page.read_text()]
    for folder in sorted({p.parent for p in files if p.is_relative_to(root / "include")}):
        count = len(list(folder.glob("*.hpp")))
        if count > MOST_HEADERS:
            found.append((folder, f"{count} headers, at most {MOST_HEADERS} are allowed in a folder"))
    for path, complaint in found:
        print(f"{path.relative_to(root)}: {complaint}")
    headers = sorted(len(p.read_text().splitlines()) for p in (root / "include").rglob("*.hpp"))
    print(f"{len(files)} files, {len(headers)} headers, median {headers[len(headers) // 2]} lines, longest {headers[-1]}")
    sys.exit(1 if found else 0)


main()
