# SPDX-License-Identifier: BSL-1.0
"""What tools/firmware.py says of the layers of a network: the page's numbers, and numbers that fit together.

    python3 tests/embedded/layer_costs.py --write    writes the table and the picture of the page
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import firmware
import firmware_layers
import harness

PAGE = harness.ROOT / "docs" / "reference" / "embedded.md"
PICTURE = harness.ROOT / "docs" / "pictures" / "layers_of_digits.svg"
HEADER = harness.ROOT / "examples" / "firmware" / "digits" / "network.hpp"
BEGIN, END = "<!-- layers of digits -->\n```text\n", "```\n<!-- end of layers -->\n"


def check(numbers):
    """Faults of a run, its lines and its picture."""
    rows, result = firmware_layers.measure(HEADER, "digits", numbers, "cortex-m4", "-O2")
    inside, whole = sum(row.instructions for row in rows), result.values["network.instructions"][0]
    faults = []
    if not 0.98 * whole < inside <= whole:
        faults.append(f"the steps take {inside} of {whole} instructions")
    if [row.products for row in rows] != [117600, 240000, 48000, 10080, 840]:
        faults.append(f"multiply-accumulates are {[row.products for row in rows]}")
    stack = result.values["network.stack"][0]
    if not all(0 < row.stack <= stack + 128 for row in rows):
        faults.append(f"stacks are {[row.stack for row in rows]}, that of the network {stack}")
    drawn = firmware_layers.picture(rows, f"digits, {numbers}, cortex-m4 -O2")
    bars = [e for e in xml.etree.ElementTree.fromstring(drawn).iter() if e.get("fill") == "#4477aa"]
    if len(bars) != len(rows):
        faults.append(f"{len(bars)} bars for {len(rows)} steps")
    return faults, "\n".join([*firmware_layers.table(rows), *firmware_layers.totals(rows, result)]) + "\n", drawn


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true")
    harness.add_turns(options)
    arguments = options.parse_args()
    if lacking := firmware.missing(firmware.TARGETS["cortex-m4"]):
        print(f"skipped, {', '.join(lacking)} not found")
        sys.exit(harness.SKIPPED)
    cases = ["float"] if arguments.write else harness.in_parts(["float", "int8"], arguments.turns, 2)
    failures = 0
    for numbers in cases:
        faults, lines, drawn = check(numbers)
        page = PAGE.read_text()
        first, last = page.index(BEGIN) + len(BEGIN), page.index(END)
        if arguments.write:
            PAGE.write_text(page[:first] + lines + page[last:])
            PICTURE.write_text(drawn)
        elif numbers == "float":
            if page[first:last] != lines:
                faults.append(f"the page has\n{page[first:last]}found\n{lines}")
            if PICTURE.read_text() != drawn:
                faults.append(f"{PICTURE.name} is another")
        failures += bool(faults)
        print("FAILED" if faults else "passed", numbers, *faults)
    harness.finish(failures, len(cases), "reports")


if __name__ == "__main__":
    main()
