# SPDX-License-Identifier: BSL-1.0
"""The descriptions for PlatformIO, Zephyr and CMSIS-Pack have what their formats demand, name files that exist and say
the version of CMakeLists.txt; wrong copies of them are found.

Formats: https://docs.platformio.org/en/latest/manifests/library-json/index.html,
https://docs.zephyrproject.org/latest/develop/modules.html (scripts/zephyr_module.py has the schema),
https://github.com/Open-CMSIS-Pack/Open-CMSIS-Pack-Spec/blob/main/schema/PACK.xsd. Skipped without python3-yaml.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

try:
    import yaml
except ImportError:
    print("skipped, python3-yaml not found")
    sys.exit(harness.SKIPPED)

PACK = "packaging/cmsis_pack/archetype.archetype.pdsc"
MANIFESTS = ("library.json", "zephyr/module.yml", "zephyr/CMakeLists.txt", "zephyr/Kconfig", PACK)
VERSION = re.search(r"project\(archetype VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
PLATFORMIO = {"name", "version", "description", "keywords", "homepage", "repository", "authors", "license", "frameworks",
              "platforms", "headers", "examples", "dependencies", "export", "scripts", "build"}


def lacks(found, wanted, where):
    return [f"{where}: no {name}" for name in wanted if name not in found]


def absent(paths):
    """Of paths in the repository, or patterns, those that no file has."""
    return [f"{path} does not exist" for path in paths if not list(ROOT.glob(path.strip("/") or "none"))]


def version(found, where):
    return [] if found == VERSION else [f"{where}: expected version {VERSION}, found {found}"]


def platformio(text):
    given = json.loads(text)
    problems = lacks(given, ("name", "version", "description", "keywords", "license"), "library.json")
    problems += [f"library.json: unknown field {name}" for name in given if name not in PLATFORMIO]
    problems += version(given.get("version"), "library.json")
    folder = given.get("build", {}).get("includeDir", "include")
    return problems + absent([folder, *given.get("export", {}).get("include", []), *(f"{folder}/{h}" for h in given.get("headers", []))])


def zephyr(text):
    given = yaml.safe_load(text)
    problems = lacks(given, ("name", "build"), "module.yml")
    build = given.get("build", {})
    problems += [f"module.yml: unknown field {name}" for name in set(given) - {"name", "build", "tests", "samples", "boards", "security"}]
    problems += lacks(build, ("cmake", "kconfig"), "module.yml, build")
    folder = build.get("cmake", "")
    return problems + absent([f"{folder}/CMakeLists.txt", build.get("kconfig", "none")])


def zephyr_cmake(text):
    return absent([f"zephyr/{path}" for path in re.findall(r"\$\{CMAKE_CURRENT_LIST_DIR\}/([^)\s]+)", text)] or ["zephyr/none"])


def zephyr_kconfig(text):
    used = set(re.findall(r"CONFIG_(\w+)", (ROOT / "zephyr/CMakeLists.txt").read_text()))
    return lacks(set(re.findall(r"^config (\w+)", text, re.MULTILINE)), used, "Kconfig")


def cmsis(text):
    package = xml.etree.ElementTree.fromstring(text)
    problems = [] if package.tag == "package" and package.get("schemaVersion") else ["pdsc: no package with a schemaVersion"]
    names = [child.tag for child in package]
    problems += lacks(names, ("vendor", "name", "description", "url", "license", "releases"), "pdsc")
    if PACK.rsplit("/", 1)[1] != f"{package.findtext('vendor')}.{package.findtext('name')}.pdsc":
        problems.append("pdsc: the file's name is vendor.name.pdsc")
    releases = package.findall("releases/release")
    problems += version(releases[0].get("version") if releases else None, "pdsc, release")
    conditions = {one.get("id") for one in package.findall("conditions/condition")}
    for one in package.findall("components/component"):
        problems += lacks(one.attrib, ("Cclass", "Cgroup", "Cversion"), "pdsc, component")
        problems += version(one.get("Cversion"), "pdsc, component")
        if one.get("condition") not in conditions | {None}:
            problems.append(f"pdsc: no condition {one.get('condition')}")
        for file in one.findall("files/file"):
            problems += lacks(file.attrib, ("category", "name"), "pdsc, file")
    paths = [file.get("name", "none") for file in package.iter("file")]
    return problems + absent([*paths, package.findtext("license", "none")])


CHECKS = dict(zip(MANIFESTS, (platformio, zephyr, zephyr_cmake, zephyr_kconfig, cmsis)))
# A wrong copy: what is replaced by what, and a part of the complaint.
WRONG = [("library.json", VERSION, "9.9.9", "expected version"), ("library.json", '"license"', '"licence"', "unknown field licence"),
         ("library.json", "archetype/inference.hpp", "archetype/none.hpp", "does not exist"),
         ("library.json", '"name"', '"names"', "no name"),
         ("zephyr/module.yml", "kconfig: zephyr/Kconfig", "kconfig: zephyr/none", "does not exist"),
         ("zephyr/module.yml", "cmake:", "cmakes:", "no cmake"), ("zephyr/CMakeLists.txt", "../include", "../none", "does not exist"),
         ("zephyr/Kconfig", "config ARCHETYPE", "config OTHER", "no ARCHETYPE"),
         (PACK, f'release version="{VERSION}"', 'release version="9.9.9"', "expected version"),
         (PACK, f'Cversion="{VERSION}"', "", "no Cversion"), (PACK, 'name="include/"', 'name="none/"', "does not exist"),
         (PACK, 'condition="Cortex-M"', 'condition="none"', "no condition none"), (PACK, "<url></url>", "", "no url")]


def main():
    failures = 0
    for name, check in CHECKS.items():
        problems = check((ROOT / name).read_text())
        failures += bool(problems)
        print("FAILED" if problems else "passed", name, *problems, sep="\n       " if problems else " ")
    for name, right, wrong, complaint in WRONG:
        text = (ROOT / name).read_text()
        problems = CHECKS[name](text.replace(right, wrong))
        if right not in text or not any(complaint in problem for problem in problems):
            failures += 1
            print(f"FAILED {name} with {wrong!r} for {right!r}: {problems}")
    harness.finish(failures, len(CHECKS) + len(WRONG), "checks of descriptions")


if __name__ == "__main__":
    main()
