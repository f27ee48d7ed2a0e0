#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# clang++ 19 (19.1.7-3~deb12u1), x86-64 Linux: a namespace was declared inside an inline namespace and is opened again from
# outside of it. A function that the second opening declares has one symbol where it is called and another one where it is
# defined by its qualified name: the inline namespace is left out of the first. A program of two files does not link.
# g++ 12.2 (12.2.0-14+deb12u1) has the inline namespace in both, and the program runs.
# Guessed: a function has one name for one compiler. Seen:
#   g++: called _ZN3lib2v45parts6secondEv, defined _ZN3lib2v45parts6secondEv, links
#   clang++-19: called _ZN3lib5parts6secondEv, defined _ZN3lib2v45parts6secondEv, undefined reference to `lib::parts::second()'
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
    "$compiler" -std=c++20 -c library.cpp -o library.o
    "$compiler" -std=c++20 -c program.cpp -o program.o
    if LC_ALL=C "$compiler" program.o library.o -o whole 2>messages; then
        ./whole
        result=links
    else
        result=$(grep -o 'undefined reference to .*' messages)
    fi
    symbol() { nm "$1" | grep -o '_Z.*second.*'; }
    echo "$compiler: called $(symbol program.o), defined $(symbol library.o), $result" | tee -a seen
done
diff seen - <<'TEXT'
g++: called _ZN3lib2v45parts6secondEv, defined _ZN3lib2v45parts6secondEv, links
clang++-19: called _ZN3lib5parts6secondEv, defined _ZN3lib2v45parts6secondEv, undefined reference to `lib::parts::second()'
TEXT
