#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# objcopy of binutils 2.40 with objects of g++ 12.2 (Debian 12): --keep-global-symbol and --localize-symbol, which make names of an
# object local, leave those of kind STB_GNU_UNIQUE as they are, without a message. g++ gives that kind to statics of templates
# and inline functions, so that two objects whose names were made private still share one variable. --weaken does change them.
# Guessed: every name but the kept one is local, each object counts for itself (1 1). Seen:
#   keep: unique names left 1, counted 1 2
#   localize: unique names left 1, counted 1 2
#   keep, groups dissolved: unique names left 1, does not link
#   keep, groups dissolved, -fno-gnu-unique: unique names left 0, counted 1 1
# Who keeps code for several processors apart in this way shares data unasked. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in g++-12=12.2.0-14+deb12u1 binutils=2.40-2; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned##*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
cat >part.cpp <<'CPP'
template <class T> int& calls() { static int count = 0; return count; }
int NAME() { return ++calls<int>(); }
CPP
printf 'int first(), second();\n#include <cstdio>\nint main() { int a = first(), b = second(); std::printf("%%d %%d\\n", a, b); }\n' >main.cpp
counted() {
    local what=$1 option=$2 name unique result
    for name in first second; do
        g++-12 -O1 -c -DNAME=$name $option part.cpp -o $name.o
        case $what in *dissolved*) mv $name.o whole.o && ld -r --force-group-allocation whole.o -o $name.o ;; esac
        case $what in
            *localize*) objcopy --localize-symbol="$(nm $name.o | awk '/count/ {print $3}')" $name.o ;;
            *) objcopy --keep-global-symbol="$(nm $name.o | awk '$2 == "T" {print $3}')" $name.o ;;
        esac
    done
    unique=$(nm first.o | grep -c ' u ' || true)
    result="does not link"
    if g++-12 main.cpp first.o second.o -o program 2>/dev/null; then result="counted $(./program)"; fi
    printf '%s: unique names left %s, %s\n' "$what" "$unique" "$result"
}
seen=$(counted "keep" ""; counted "localize" ""; counted "keep, groups dissolved" ""
    counted "keep, groups dissolved, -fno-gnu-unique" -fno-gnu-unique)
printf '%s\n' "$seen"
[ "$seen" = "keep: unique names left 1, counted 1 2
localize: unique names left 1, counted 1 2
keep, groups dissolved: unique names left 1, does not link
keep, groups dissolved, -fno-gnu-unique: unique names left 0, counted 1 1" ]
