#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# g++ 12.2 (Debian 12.2.0-14+deb12u1), x86-64, -O2 -ffast-math: the sine of a long double is worse than the sine of a double.
# The processor's own instruction with its 66 bits of pi is put in place of the library's function, for long double only:
# at 1e12 the ninth digit is wrong, and the sine of 1e19 is 1e19. clang++ with the same flags calls the library and is right.
# Guessed: fast-math costs a last bit, and long double is never less exact than double. Seen, double and long double:
#   -O2               1e12: -0.611238702377 -0.611238702377   1e19: -0.927063166049 -0.927063166049
#   -O2 -ffast-math   1e12: -0.611238702377 -0.611238701358   1e19: -0.927063166049 1e+19
# Reference values computed in higher precision meet: who takes long double for the reference of a test that is compiled with
# the flags of an audio project measures the reference's error. Fails if this changes.
set -euo pipefail
version=4:12.2.0-3
dpkg-query -W -f '${Version}' g++ 2>/dev/null | grep -qx "$version" ||
    apt-get install -y -qq --no-install-recommends "g++=$version" >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >sine.cpp <<'CPP'
#include <cmath>
#include <cstdio>
#include <initializer_list>
int main() {
    for (const double number : {1e12, 1e19}) {
        volatile double x = number;
        std::printf("%g: %.12g %.12Lg   ", number, std::sin(x), std::sin(static_cast<long double>(x)));
    }
    std::printf("\n");
}
CPP
g++ -O2 sine.cpp -o plain
g++ -O2 -ffast-math sine.cpp -o fast
printf '%-17s %s\n' -O2 "$(./plain)" "-O2 -ffast-math" "$(./fast)"
[ "$(./plain | xargs)" = "1e+12: -0.611238702377 -0.611238702377 1e+19: -0.927063166049 -0.927063166049" ]
[ "$(./fast | xargs)" = "1e+12: -0.611238702377 -0.611238701358 1e+19: -0.927063166049 1e+19" ]
