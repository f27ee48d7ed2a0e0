# SPDX-License-Identifier: BSL-1.0
"""The first door: scripts are read by bash without a complaint and can be run, what scripts/packages.sh is asked for are packages of
this Debian, what an installed package provides is not installed again, and .devcontainer/devcontainer.json begins with a script that
exists, in the system that the scripts are for."""
import json
import os
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import harness


def scripts():
    """Those of bash."""
    return [path for path in [*sorted((ROOT / "scripts").iterdir()), *sorted((ROOT / ".ci").glob("*"))]
            if path.is_file() and (path.suffix == ".sh" or path.read_text().startswith("#!/usr/bin/env bash"))]


def faults_of(path):
    code, output = harness.run(["bash", "-n", path])
    if code or output:
        yield output
    if path.suffix != ".sh" and not os.access(path, os.X_OK):
        yield "cannot be run"
    for named in re.findall(r"(?<![\w$/.])((?:scripts|tests|tools|site)/[\w/]+(?:\.py|\.yml|\.sh))", path.read_text()):
        if not (ROOT / named).is_file():
            yield f"{named} does not exist"


def packages_of(text):
    """Names after `install_packages`, over lines that go on."""
    joined = text.replace("\\\n", " ")
    return {word for words in re.findall(r"^\s*install_packages ([^\n#;&|]+)", joined, re.MULTILINE) for word in words.split()
            if re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", word)}


def devcontainer(text):
    given = json.loads(text)
    if given.get("image") != "debian:12":
        yield f"image: expected debian:12, which the scripts install into, found {given.get('image')}"
    command = given.get("postCreateCommand", "")
    script, *words = command.split() or [""]
    if not os.access(ROOT / script, os.X_OK) or not (ROOT / script).is_file():
        yield f"postCreateCommand: {script!r} cannot be run"
    elif any(word not in (ROOT / script).read_text() for word in words):
        yield f"postCreateCommand: {script} knows no {' '.join(words)}"


def installs(*names):
    """What install_packages says to install of them; nothing is installed."""
    script = f". {ROOT}/scripts/packages.sh; apt-get() {{ :; }}; env() {{ :; }}; sudo() {{ :; }}; install_packages {' '.join(names)}"
    return harness.run(["bash", "-euo", "pipefail", "-c", script])[1].strip()


def installed():
    """A package that dpkg does not list as installed, and one that another provides, as mawk does awk."""
    listed = harness.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Provides}\n"])[1]
    if not re.search("^installed mawk .*awk", listed, re.MULTILINE):
        return
    for names, expected in {("mawk", "awk"): "", ("awk", "archetype-of-no-one", "mawk"): "Installing: archetype-of-no-one"}.items():
        if (found := installs(*names)) != expected:
            yield f"install_packages {' '.join(names)}: expected {expected!r}, found {found!r}"


def main():
    results = []

    def verdict(what, faults):
        results.append(bool(faults))
        print(f"{'FAILED' if faults else 'passed'} {what}", *faults, sep="\n       " if faults else "")

    asked = {path: packages_of(path.read_text()) for path in scripts()}
    known = set()
    if shutil.which("apt-cache"):
        shown = harness.run(["apt-cache", "show", "--no-all-versions", "bash", *sorted(set().union(*asked.values()))])[1]
        known = set(re.findall(r"^Package: (\S+)", shown, re.MULTILINE))
    for path in scripts():
        # A machine without lists of packages knows none.
        unknown = sorted(asked[path] - known) if "bash" in known else []
        verdict(path.relative_to(ROOT), [*faults_of(path), *(f"{name} is no package here" for name in unknown)])
    verdict("install_packages", list(installed()))
    page = ROOT / ".devcontainer" / "devcontainer.json"
    verdict(".devcontainer/devcontainer.json", list(devcontainer(page.read_text())))
    wrong = [page.read_text().replace("debian:12", "alpine"), page.read_text().replace("scripts/test", "scripts/tets"), page.read_text().replace("--quick", "--fast")]
    verdict("wrong copies of it are found", [text for text in wrong if not list(devcontainer(text))])
    harness.finish(sum(results), len(results), "checks of scripts")


if __name__ == "__main__":
    main()
