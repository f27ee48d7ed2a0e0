#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# g++ 12.2 (Debian 12.2.0-14+deb12u1): an alias template that uses another alias template, in whose arguments a lambda stands, is
# dropped: its own line compiles without a word, and its first use says that the name is no type. Used directly, the first alias
# works. clang++ 19 (19.1.7-3~deb12u1) compiles all. With the lambda in an alias of its own, which is no template, g++ does too.
# Guessed: it compiles, or the line of the alias is in the message. Seen:
#   g++      used directly: compiles    by an alias: 'late' does not name a type, at its use    lambda before: compiles
#   clang++  used directly: compiles    by an alias: compiles                                   lambda before: compiles
# Libraries in whose types functions are template arguments meet it where users give a name to a part. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in g++=4:12.2.0-3 clang-19=1:19.1.7-3~deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned#*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
lambda='[](auto x) { return 1 - x; }'
begin='template <auto F>
struct function {};
template <class... Parts>
struct list {};'
inside="template <class Part>
using mixed = list<function<$lambda>, Part>;"
before="using rest = function<$lambda>;
template <class Part>
using mixed = list<rest, Part>;"
second='template <class Part>
using late = mixed<Part>;'
try() {
    printf '%s\n' "$begin" "${@:3}" >alias.cpp
    if LC_ALL=C "$2" -std=c++20 -fsyntax-only alias.cpp 2>messages; then
        result=compiles
    else
        # Which line the first message is of, counted from the end: 0 is the use.
        line=$(grep -m1 -o '^alias.cpp:[0-9]*' messages | cut -d: -f2)
        result="$(grep -m1 -o "error: .*" messages), $(($(wc -l <alias.cpp) - line)) lines before the end"
    fi
    echo "$2 $1: $result" | tee -a seen
}
for compiler in g++ clang++-19; do
    try "used directly" "$compiler" "$inside" "mixed<char>* made;"
    try "by an alias" "$compiler" "$inside" "$second" "late<char>* made;"
    try "lambda before" "$compiler" "$before" "$second" "late<char>* made;"
done
diff seen - <<'TEXT'
g++ used directly: compiles
g++ by an alias: error: 'late' does not name a type, 0 lines before the end
g++ lambda before: compiles
clang++-19 used directly: compiles
clang++-19 by an alias: compiles
clang++-19 lambda before: compiles
TEXT
