#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# g++ 12.2 (Debian 12.2.0-14+deb12u1) with -fsanitize=undefined: in (condition ? one : other)[i / 2], where both are member
# arrays, the index is computed in one of the two branches only; in the other it is whatever stood there. A valid program
# prints another sum, without a message, or is told of a division by zero that it does not do. -fsanitize=bounds alone, no
# sanitizer, a pointer to the chosen array, and clang++ 19 (19.1.7-3~deb12u1) with the same sanitizer give the right sum.
# Guessed: a sanitizer reports what is undefined and leaves the results of a valid program alone. Seen:
#   g++                         conditional 1520   pointer 1520
#   g++ -fsanitize=bounds       conditional 1520   pointer 1520
#   g++ -fsanitize=undefined    conditional  830   pointer 1520
#   clang++ -fsanitize=undefined  conditional 1520 pointer 1520
# Code that sorts even and odd numbers into two tables meets it in the tests that are to find its faults. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in g++=4:12.2.0-3 clang-19=1:19.1.7-3~deb12u1 libclang-rt-19-dev=1:19.1.7-3~deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned#*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
cat >halves.cpp <<'CPP'
#include <cstdio>
struct halves {
    long even[16] = {}, odd[16] = {};
    void conditional(int i, long value) { (i % 2 == 0 ? even : odd)[i / 2] = value; }
    void pointer(int i, long value) {
        long* const chosen = i % 2 == 0 ? even : odd;
        chosen[i / 2] = value;
    }
    long sum() const {
        long all = 0;
        for (int i = 0; i < 16; ++i) all += even[i] + odd[i];
        return all;
    }
};
int main() {
    halves one, other;
    for (int i = 0; i < 32; ++i) one.conditional(i, 3 * i + 1), other.pointer(i, 3 * i + 1);
    std::printf("conditional %ld pointer %ld\n", one.sum(), other.sum());
}
CPP
for options in "g++" "g++ -fsanitize=bounds" "g++ -fsanitize=undefined" "clang++-19 -fsanitize=undefined"; do
    $options -std=c++20 -O1 halves.cpp -o halves
    echo "$options: $(./halves 2>&1)" | tee -a seen
done
diff seen - <<'TEXT'
g++: conditional 1520 pointer 1520
g++ -fsanitize=bounds: conditional 1520 pointer 1520
g++ -fsanitize=undefined: conditional 830 pointer 1520
clang++-19 -fsanitize=undefined: conditional 1520 pointer 1520
TEXT
