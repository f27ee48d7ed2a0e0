# SPDX-License-Identifier: BSL-1.0
"""The sources whose compilation is measured."""

BASELINE = "#include <array>\nint main() {}\n"

LENET5 = """#include <archetype/architecture.hpp>
namespace at = archetype;
using lenet5 = at::network<at::input<32, 32, 1>,
    at::conv2d<6, 5>, at::tanh, at::avg_pool2d<2>, at::conv2d<16, 5>, at::tanh, at::avg_pool2d<2>,
    at::flatten, at::dense<120>, at::tanh, at::dense<84>, at::tanh, at::dense<10>, at::softmax>;
static_assert(at::output_shape<lenet5> == at::shape{10});
static_assert(at::parameter_count<lenet5> == 61'706);
static_assert(at::multiply_accumulate_count<lenet5> == 416'520);
static_assert(at::arena_bytes<lenet5> <= 32 * 1024);
int main() {}
"""


def deep(layers):
    """`layers` layers dense(8), each with a relu; 72 parameters each."""
    body = ", at::dense<8>, at::relu" * layers
    return ("#include <archetype/architecture.hpp>\nnamespace at = archetype;\n"
            f"using deep = at::network<at::input<8>{body}>;\n"
            f"static_assert(at::parameter_count<deep> == {72 * layers});\nint main() {{}}\n")
