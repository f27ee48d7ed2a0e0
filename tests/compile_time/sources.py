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

# A filter of standard input: weights, then samples.
STREAM = """#include <archetype/inference.hpp>
#include <cstdio>
namespace at = archetype;
using net = at::network<at::input<64, 1>, at::lstm<20, at::return_sequences>, at::dense<1, at::last_axis>>;
alignas(64) static float numbers[at::inference_weight_count<net> + at::constant_weights_slack];
int main() {
    for (float& number : numbers)
        if (std::scanf("%f", &number) != 1) break;
    const at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{numbers};
    static at::stream<net> run{weights};
    for (float sample; std::scanf("%f", &sample) == 1;) std::printf("%g\\n", double(run(sample)));
}
"""


def resnet152():
    """The constants of ResNet-152: counts and shapes of all stages, multiply-adds, memory."""
    shapes = {"stem": (56, 56, 64), "stage1": (56, 56, 256), "stage2": (28, 28, 512), "stage3": (14, 14, 1024), "stage4": (7, 7, 2048)}
    return _network("resnet", "resnet152<>", shapes, 60192808, 151424, 11513626624,
                    'static_assert(at::parameter_count<net, "stem"> == 9\'536);\n'
                    'static_assert(at::parameter_count<net, "stage1"> == 215\'808);\n'
                    'static_assert(at::parameter_count<net, "stage4"> == 14\'964\'736);\n')


def inception_v3():
    """The constants of Inception-v3."""
    shapes = {"conv2d_2b": (147, 147, 64), "conv2d_4a": (71, 71, 192), "mixed_5b": (35, 35, 256), "mixed_5d": (35, 35, 288),
              "mixed_6a": (17, 17, 768), "mixed_6e": (17, 17, 768), "mixed_7a": (8, 8, 1280), "mixed_7c": (8, 8, 2048)}
    return _network("inception_v3", "inception_v3<>", shapes, 23834568, 34432, 5713216096, "")


def _network(header, network, shapes, trainable, fixed, products, more):
    lines = "".join(f'static_assert(at::output_shape<net, "{path}"> == at::shape{{{h}, {w}, {c}}});\n'
                    for path, (h, w, c) in shapes.items())
    return (f"#include <archetype/zoo/{header}.hpp>\nnamespace at = archetype;\nusing net = at::zoo::{network};\n{lines}{more}"
            f"static_assert(at::parameter_count<net> == {trainable} && at::non_trainable_count<net> == {fixed});\n"
            f"static_assert(at::multiply_accumulate_count<net> == {products});\n"
            "static_assert(10 * at::arena_bytes<net> <= 11 * at::arena_lower_bound_bytes<net>);\nint main() {}\n")


def residual(blocks):
    """A residual network of `blocks` bottlenecks, ten layers each, with its memory."""
    return ("#include <archetype/zoo/resnet.hpp>\nnamespace at = archetype;\n"
            f"using net = at::zoo::resnet<at::zoo::bottleneck, 1, 1, {blocks}, 1>;\n"
            "static_assert(at::arena_bytes<net> > 0);\nint main() {}\n")


def deep(layers):
    """`layers` layers dense(8), each with a relu; 72 parameters each."""
    body = ", at::dense<8>, at::relu" * layers
    return ("#include <archetype/architecture.hpp>\nnamespace at = archetype;\n"
            f"using deep = at::network<at::input<8>{body}>;\n"
            f"static_assert(at::parameter_count<deep> == {72 * layers});\nint main() {{}}\n")
