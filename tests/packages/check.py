# SPDX-License-Identifier: BSL-1.0
"""Packages hold what their users need: Debian packages by CPack, the file for pkg-config, the recipes for Conan and vcpkg.
The program and the project that are built with them are those of docs/tutorials/install.md.

The Debian packages are unpacked into a folder; with ARCHETYPE_TEST_INSTALL=1, as root, they are installed by apt, used and
removed again. All places that state a version state the same one.
"""
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import types

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness

PAGE = (ROOT / "docs/tutorials/install.md").read_text()
PROGRAM = re.search(r"^```cpp\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
PROJECT = re.search(r"^```cmake\n(cmake_minimum_required.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
# Libraries that the two package managers name otherwise.
OTHER_NAMES = {"boost": {"boost-hana", "boost-mp11"}, "onetbb": {"tbb"}}


def versions():
    """What each place says, by its name."""
    project = re.search(r"project\(archetype VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
    header = (ROOT / "include/archetype/version.hpp").read_text()
    number = int(re.search(r"#define ARCHETYPE_VERSION (\d+)", header)[1])
    return {"CMakeLists.txt": project,
            "version.hpp, text": re.search(r'version\[\] = "([^"]+)"', header)[1],
            "version.hpp, number": f"{number // 10000}.{number // 100 % 100}.{number % 100}",
            "vcpkg.json": json.loads((ROOT / "packaging/vcpkg/archetype/vcpkg.json").read_text())["version"],
            "install.md, CMake": re.search(r"find_package\(archetype ([\d.]+)", PROJECT)[1],
            "install.md, Conan": re.search(r'"archetype/([\d.]+)"', PAGE)[1],
            "install.md, FetchContent": re.search(r"GIT_TAG v([\d.]+)", PAGE)[1],
            "CITATION.cff": re.search(r"^version: ([\d.]+)", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1],
            "CHANGELOG.md": re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]}


def conan_recipe(folder):
    """Runs the recipe's own steps with stand-ins for Conan's functions; what is wrong."""
    def copy(_, pattern, source, target):
        for path in pathlib.Path(source).glob(pattern if "/" in pattern else f"**/{pattern}" if "*" in pattern else pattern):
            place = pathlib.Path(target) / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(path, place, dirs_exist_ok=True) if path.is_dir() else shutil.copy(path, place)
    modules = {"conan": {"ConanFile": object}, "conan.tools": {}, "conan.tools.build": {"check_min_cppstd": None},
               "conan.tools.files": {"copy": copy, "load": lambda _, path: pathlib.Path(path).read_text()}}
    for name, members in modules.items():
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__.update(members)
    space = {}
    exec(compile((ROOT / "packaging/conan/conanfile.py").read_text(), "conanfile.py", "exec"), space)
    recipe = space["ArchetypeConan"]()
    recipe.recipe_folder, recipe.export_sources_folder = str(ROOT / "packaging/conan"), str(folder / "exported")
    recipe.source_folder, recipe.package_folder = recipe.export_sources_folder, str(folder / "package")
    recipe.set_version()
    recipe.export_sources()
    recipe.package()
    code, output = harness.run(["g++", "-std=c++20", "-fsyntax-only", f"-I{folder / 'package/include'}", str(folder / "program.cpp")])
    problems = [output] if code else []
    if recipe.version != versions()["CMakeLists.txt"]:
        problems.append(f"version {recipe.version}")
    if not (folder / "package/licenses/LICENSE").is_file():
        problems.append("no licence")
    manifest, known = json.loads((ROOT / "packaging/vcpkg/archetype/vcpkg.json").read_text()), set()
    for host, more in ((False, manifest["dependencies"]), (True, manifest["features"]["host"]["dependencies"])):
        found = []
        recipe.options, recipe.requires = types.SimpleNamespace(host=host), lambda name, found=found, **_: found.append(name.split("/")[0])
        recipe.requirements()
        known |= {name for name in more if isinstance(name, str)}
        if (named := set().union(*(OTHER_NAMES.get(name, {name}) for name in found))) != known:
            problems.append(f"host={host}: Conan's recipe needs {sorted(named)}, vcpkg's {sorted(known)}")
    return "\n".join(problems)


def vcpkg_port(folder, version):
    """Runs the port with stand-ins for vcpkg's functions, which do the same with CMake alone, and uses the result; what is wrong."""
    packages = folder / "vcpkg"
    code, output = harness.run(["cmake", f"-DCURRENT_PACKAGES_DIR={packages}", f"-DCURRENT_BUILDTREES_DIR={folder / 'vcpkg_build'}",
                                f"-DPORTFILE={ROOT / 'packaging/vcpkg/archetype/portfile.cmake'}", "-P", FOLDER / "vcpkg_stand_ins.cmake"])
    if code:
        return output
    if not (packages / "share/archetype/copyright").is_file():
        return "no share/archetype/copyright"
    if left := [name for name in ("debug", "share/cmake") if (packages / name).exists() and any((packages / name).iterdir())]:
        return f"left: {left}"
    shutil.rmtree(folder / "build", ignore_errors=True)
    problem = use(folder, packages, version)
    shutil.rmtree(folder / "build", ignore_errors=True)
    return problem


def use(folder, prefix, version):
    """Builds the program outside with pkg-config and with CMake; what is wrong."""
    environment = {"PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}
    os.environ.update(environment)
    code, flags = harness.run(["pkg-config", "--cflags", f"archetype = {version}"])
    if code:
        return flags
    code, output = harness.run(["g++", "-std=c++20", *flags.split(), str(folder / "program.cpp"), "-o", str(folder / "by_hand")])
    if code == 0:
        code, output = harness.run([str(folder / "by_hand")])
    if code or output.strip() != version:
        return output
    (folder / "CMakeLists.txt").write_text(PROJECT)
    code, output = harness.run(["cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}"])
    if code == 0:
        code, output = harness.run(["cmake", "--build", folder / "build"])
    if code == 0:
        code, output = harness.run([str(folder / "build/outside")])
    return "" if code == 0 and output.strip() == version else output


def main():
    options = harness.parser(__doc__)
    options.add_argument("--build", type=pathlib.Path, required=True, help="folder of a built archetype")
    build = options.parse_args().build.resolve()
    for tool in ("cpack", "dpkg-deb", "pkg-config"):
        if not shutil.which(tool):
            print(f"skipped, {tool} not found")
            sys.exit(harness.SKIPPED)
    results = []

    def verdict(what, problem):
        results.append(bool(problem))
        print(f"{'FAILED' if problem else 'passed'} {what}" + (f"\n{problem[-2000:]}" if problem else ""), flush=True)

    said = versions()
    version = said["CMakeLists.txt"]
    verdict("one version", "" if len(set(said.values())) == 1 else str(said))
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "program.cpp").write_text(PROGRAM)
        verdict("Conan's recipe", conan_recipe(folder))
        verdict("vcpkg's port", vcpkg_port(folder, version))
        code, output = harness.run(["cpack", "-G", "DEB", "--config", build / "CPackConfig.cmake", "-B", folder / "packages"], cwd=folder)
        verdict("packages are made", output if code else "")
        packages = {path.name.split("_")[0]: path for path in (folder / "packages").glob("*.deb")}
        for name, wanted in (("libarchetype-dev", {"Architecture": "all", "Depends": r"libboost-dev \(>= 1\.74\)"}),
                             ("archetype", {"Depends": r"libc6.*"})):
            if name not in packages:
                verdict(name, f"found {sorted(packages)}")
                continue
            fields = harness.run(["dpkg-deb", "--field", packages[name]])[1]
            wrong = [f"{key}: expected {value}" for key, value in {**wanted, "Version": re.escape(version)}.items()
                     if not re.search(rf"^{key}: {value}$", fields, re.MULTILINE)]
            verdict(f"fields of {name}", "\n".join(wrong + [fields]) if wrong else "")
            harness.run(["dpkg-deb", "-x", packages[name], folder / "unpacked"])
        files = {str(path.relative_to(folder / "unpacked")) for path in (folder / "unpacked").rglob("*") if path.is_file()}
        headers = {f"usr/include/{path.relative_to(ROOT / 'include')}" for path in (ROOT / "include").rglob("*.hpp")}
        verdict("every header is in a package", ", ".join(sorted(headers - files)[:5]))
        foreign = [name for name in files if not name.startswith(("usr/include/archetype/", "usr/share/", "usr/bin/archetype")) and not name.endswith("/libarchetype_files.a")]
        verdict("nothing else is", ", ".join(foreign))
        verdict("used from a folder", use(folder, folder / "unpacked/usr", version))
        code, output = harness.run([folder / "unpacked/usr/bin/archetype", "--version"])
        verdict("the program says its version", "" if code == 0 and output.strip() == f"archetype {version}" else output)
        if os.environ.get("ARCHETYPE_TEST_INSTALL") == "1" and os.geteuid() == 0:
            apt = ["apt-get", "-y", "-qq", "--no-install-recommends"]
            code, output = harness.run([*apt, "install", *packages.values()])
            verdict("installed by apt", output if code else "")
            shutil.rmtree(folder / "build", ignore_errors=True)
            verdict("used when installed", use(folder, pathlib.Path("/usr"), version))
            code, output = harness.run([*apt, "remove", *packages])
            verdict("removed by apt", output if code else "")
    harness.finish(sum(results), len(results), "checks of packages")


if __name__ == "__main__":
    main()
