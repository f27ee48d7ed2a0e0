#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# g++ 12.2 (Debian 12.2.0-14+deb12u1): a comparison with > inside the body of a lambda that is a template argument ends the
# argument list, though the body stands in braces. clang++ 19 (19.1.7-3~deb12u1) compiles the same line. With the operands
# exchanged, or in parentheses, both do.
# Guessed: braces protect the body, as they do in a function. Seen:
#   g++      x > 0: error: expected ';' before '>' token      0 < x: compiles      (x > 0): compiles
#   clang++  x > 0: compiles                                  0 < x: compiles      (x > 0): compiles
# Libraries that take functions as template arguments meet it at the first rectifier a user writes. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in g++=4:12.2.0-3 clang-19=1:19.1.7-3~deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned#*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
for compiler in g++ clang++-19; do
    for condition in "x > 0" "0 < x" "(x > 0)"; do
        cat >lambda.cpp <<CPP
template <auto F>
struct function {
    static constexpr auto call = F;
};
using rectifier = function<[](auto x) { return $condition ? x : 0; }>;
static_assert(rectifier::call(3) == 3 && rectifier::call(-3) == 0);
CPP
        if LC_ALL=C "$compiler" -std=c++20 -fsyntax-only lambda.cpp 2>messages; then
            result=compiles
        else
            result=$(grep -m1 -o "error: .*" messages)
        fi
        echo "$compiler $condition: $result" | tee -a seen
    done
done
diff seen - <<'TEXT'
g++ x > 0: error: expected ';' before '>' token
g++ 0 < x: compiles
g++ (x > 0): compiles
clang++-19 x > 0: compiles
clang++-19 0 < x: compiles
clang++-19 (x > 0): compiles
TEXT
