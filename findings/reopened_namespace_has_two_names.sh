#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# g++ 12.2 (Debian 12.2.0-14+deb12u1) and clang++ 19 (19.1.7-3~deb12u1), x86-64 Linux, one ABI: a namespace that was declared
# inside an inline namespace and is opened again from outside of it. Both find the same members, so that the source means the
# same, but what the second opening declares has the inline namespace in its symbol with g++ and has not with clang++: a
# function of a library that is built with one is undefined for a program that is built with the other.
# Guessed: the compilers agree on names (they do for members of the first opening). Seen:
#   g++:     _ZN3lib2v45parts6secondEv
#   clang++: _ZN3lib5parts6secondEv
#   g++ program with the object of clang++: undefined reference to `lib::v4::parts::second()'
# A library that puts a version or an instruction set into an inline namespace must write it at each opening. Fails if this
# changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in g++=4:12.2.0-3 clang-19=1:19.1.7-3~deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned#*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
cat >library.hpp <<'CPP'
namespace lib {
inline namespace v4 {
namespace parts {
int first();
}
}  // namespace v4
}  // namespace lib
namespace lib {
namespace parts {
int second();
}
}  // namespace lib
CPP
printf '#include "library.hpp"\nint lib::parts::first() { return 1; }\nint lib::parts::second() { return first() + 1; }\n' >library.cpp
printf '#include "library.hpp"\nint main() { return lib::parts::first() + lib::parts::second() - 3; }\n' >program.cpp
for compiler in g++ clang++-19; do
    "$compiler" -std=c++20 -c library.cpp -o "library_$compiler.o"
    "$compiler" -std=c++20 -c program.cpp -o "program_$compiler.o"
    "$compiler" "program_$compiler.o" "library_$compiler.o" -o "whole_$compiler"
    "./whole_$compiler"
    echo "$compiler: $(nm "library_$compiler.o" | grep -o '_Z.*second.*')" | tee -a seen
done
if LC_ALL=C g++ program_g++.o library_clang++-19.o -o mixed 2>messages; then echo "mixed: links"; else
    echo "mixed: $(grep -o 'undefined reference to .*' messages)"; fi | tee -a seen
diff seen - <<'TEXT'
g++: _ZN3lib2v45parts6secondEv
clang++-19: _ZN3lib5parts6secondEv
mixed: undefined reference to `lib::v4::parts::second()'
TEXT
