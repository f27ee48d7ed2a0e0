#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# clang++ 19 (19.1.7-3~deb12u1) with -ffreestanding: main of a C++ program has the name of any C++ function, _Z4mainv, and a
# start file that calls main does not link. g++ 12.2 (4:12.2.0-3) calls it main with the same option, and so does clang++ without it.
# Guessed: main is main, and an option that says what the library has changes no name. Seen:
#   g++ main   g++ -ffreestanding main   clang++-19 main   clang++-19 -ffreestanding _Z4mainv
# Meets: firmware whose start file was linked with g++'s objects for years, built with clang++ for the first time; extern "C" int
# main() does it for both. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in g++=4:12.2.0-3 clang-19=1:19.1.7-3~deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned#*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
echo 'int main() { return 0; }' >main.cpp
seen=""
for compiler in g++ clang++-19; do
    for option in "" -ffreestanding; do
        "$compiler" -std=c++20 ${option:+"$option"} -c main.cpp -o main.o
        name=$(nm --defined-only --format=posix main.o | cut -d' ' -f1)
        echo "$compiler ${option:+$option }$name"
        seen="$seen $name"
    done
done
[ "$seen" = " main main main _Z4mainv" ]
