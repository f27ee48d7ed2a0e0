#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# clang++ 19 (19.1.7-3~deb12u1), x86-64 Linux, C++20 modules: a module includes <immintrin.h> in its global fragment and exports
# a template that calls an intrinsic with arguments of a dependent type. The module compiles without a warning. A program that
# imports it and instantiates the template gets "no matching function for call to '_mm_add_ps'", also if it includes
# <immintrin.h> itself before the import. The same call in a function that is no template, a call whose arguments do not depend
# on the template's, and a template that the module itself has instantiated all work: whether a template of a module can be
# used depends on what else the module did with it.
# Guessed: either the module is refused, or the importer's own include mends it. Seen:
#   plain function: works, independent call: works, dependent call: no matching function for call to '_mm_add_ps',
#   dependent call with the include: no matching function for call to '_mm_add_ps', instantiated in the module: works
# Meets: SIMD wrappers (xsimd, Eigen, this library's kernels) cannot be exported as templates. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pinned=clang-19=1:19.1.7-3~deb12u1
[ "$(dpkg-query -W -f '${Version}' clang-19 2>/dev/null)" = "${pinned#*=}" ] ||
    apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
cd "$folder"
cat >lanes.cppm <<'CPP'
module;
#include <immintrin.h>
export module lanes;
export struct lanes { __m128 value; };
export inline float plain(lanes a) { return _mm_cvtss_f32(_mm_add_ps(a.value, a.value)); }
export template <class T> float independent(T) { return _mm_cvtss_f32(_mm_set1_ps(2)); }
export template <class T> float dependent(T a) { return _mm_cvtss_f32(_mm_add_ps(a.value, a.value)); }
export template <class T> float instantiated(T a) { return _mm_cvtss_f32(_mm_add_ps(a.value, a.value)); }
template float instantiated(lanes);
CPP
clang++-19 -std=c++20 -Wall -Wextra -Werror --precompile lanes.cppm -o lanes.pcm
clang++-19 -std=c++20 -c lanes.pcm -o lanes.o
try() {  # what is said, the function, what stands before the import
    printf '%s\nimport lanes;\nint main() { lanes a{}; return %s(a) > 5; }\n' "$3" "$2" >use.cpp
    if clang++-19 -std=c++20 -fmodule-file=lanes=lanes.pcm use.cpp lanes.o -o use 2>messages; then
        ./use && echo "$1: works"
    else
        echo "$1: $(grep -m1 -o 'no matching function .*' messages)"
    fi | tee -a seen
}
try "plain function" plain ""
try "independent call" independent ""
try "dependent call" dependent ""
try "dependent call with the include" dependent "#include <immintrin.h>"
try "instantiated in the module" instantiated ""
diff seen - <<'TEXT'
plain function: works
independent call: works
dependent call: no matching function for call to '_mm_add_ps'
dependent call with the include: no matching function for call to '_mm_add_ps'
instantiated in the module: works
TEXT
