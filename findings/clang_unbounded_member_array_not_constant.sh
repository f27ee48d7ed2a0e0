#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# clang++ 19 (19.1.7-3~deb12u1), x86-64 Linux, C++20: a class template has `static constexpr bool a[] = {true, false, true};`,
# whose bound is its list's. In a constant expression reading an element, by a member function or from outside, is an error, "read
# of element of array without known bound is not allowed in a constant expression". With the bound written out, or in a class that
# is no template, it is fine - and so is the very same expression once `sizeof a` stands in the function or anywhere before: whether
# the element is constant depends on whether somebody asked for the size. g++ 12.2 takes all of them.
# Guessed: the array is complete once the class is instantiated, as its initializer is needed for its value. Seen:
#   no bound: refused, bound written out: works, class without template: works, read from outside: refused, sizeof in the
#   function: works, sizeof before the call: works
# Meets: tables of a pack's members in traits, which g++ compiles and clang++ refuses far from the array. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in clang-19=1:19.1.7-3~deb12u1 g++-12=12.2.0-14+deb12u1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned#*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
try() {  # what is said, template head, bound, what the function does first, what stands before the call, the expression
    cat >use.cpp <<CPP
$2 struct table {
    static constexpr bool a[$3] = {true, false, true};
    static constexpr bool at(unsigned long i) { $4 return a[i]; }
};
$5
static_assert($6);
int main() {}
CPP
    g++-12 -std=c++20 use.cpp -o use || { echo "g++ refuses: $1"; exit 1; }
    if clang++-19 -std=c++20 use.cpp -o use 2>messages; then
        echo "$1: works"
    else
        grep -q 'array without known bound is not allowed in a constant expression' messages && echo "$1: refused"
    fi | tee -a seen
}
try "no bound" "template <class>" "" "" "" "table<int>::at(2)"
try "bound written out" "template <class>" 3 "" "" "table<int>::at(2)"
try "class without template" "" "" "" "" "table::at(2)"
try "read from outside" "template <class>" "" "" "" "table<int>::a[2]"
try "sizeof in the function" "template <class>" "" "static_assert(sizeof a == 3);" "" "table<int>::at(2)"
try "sizeof before the call" "template <class>" "" "" "static_assert(sizeof table<int>::a == 3);" "table<int>::at(2)"
diff seen - <<'TEXT'
no bound: refused
bound written out: works
class without template: works
read from outside: refused
sizeof in the function: works
sizeof before the call: works
TEXT
