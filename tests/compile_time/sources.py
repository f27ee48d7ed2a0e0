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

GPT2 = """#include <archetype/zoo/gpt.hpp>
namespace at = archetype;
using gpt2 = at::zoo::gpt2_small<>;
static_assert(at::output_shape<gpt2> == at::shape{1024, 768});
static_assert(at::parameter_count<gpt2> == 124'439'808);
int main() {}
"""

# A program that runs GPT-2 small token by token.
GPT2_STREAM = """#include <archetype/inference.hpp>
#include <archetype/zoo/gpt.hpp>
#include <cstdio>
namespace at = archetype;
using net = at::zoo::gpt_stream<12, 768, 12, 1024>;
float first(const float* weights) {
    static at::stream<net> stream{
        at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float>::from_pointer(weights)};
    const float token = 1;
    return stream.run(std::span<const float>(&token, 1))[0];
}
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


_LENET5_LAYERS = """at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
    at::conv2d<16, 5>, at::relu, at::max_pool2d<2>, at::flatten, at::dense<120>, at::relu, at::dense<84>, at::relu,
    at::dense<10>, at::softmax"""


def _inference(network, inputs, headers=""):
    """A function that runs a network with weights chosen at run time."""
    return f"""#include <archetype/inference.hpp>
{headers}
namespace at = archetype;
using net = {network};
const float* run(const float* weights, const float* sample) {{
    static at::inference<net> run{{std::span<const float, at::inference<net>::weight_room>(weights, at::inference<net>::weight_room)}};
    return run(std::span<const float, {inputs}>(sample, {inputs})).data();
}}
"""


def _training(network, loss, optimizer, labels):
    """A function that trains a network for some epochs on arrays of the right shapes."""
    return f"""#include <archetype/training.hpp>
namespace at = archetype;
using net = {network};
double learn(const xt::xtensor<float, 1 + at::input_shape<net>.rank>& samples, const {labels}& targets) {{
    at::model<net> model{{at::seed{{1}}}};
    at::trainer trainer{{model, at::{loss}{{}}, at::{optimizer}{{}}}};
    return trainer.fit(samples, targets, {{.epochs = 3}}).back().loss;
}}
"""


def fixed_programs():
    """Ten programs of all kinds that never change, whose instantiations are counted (counts.py)."""
    # One family: the whole zoo grows with every network.
    zoo = "#include <archetype/zoo/resnet.hpp>"
    integers = """#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<%s>;
using weights = at::quantized_weights<at::architecture_hash<net>, at::quantized_weight_count<net>, at::weight_order::plain>;
const std::int8_t* run(const weights& given, const std::int8_t* sample) {
    static at::quantized_inference_with<net, std::int8_t, at::weight_order::plain> run{given};
    return run(std::span<const std::int8_t, 784>(sample, 784)).data();
}
""" % _LENET5_LAYERS
    return {
        "lenet5_asserts": LENET5,
        "resnet152_asserts": resnet152(),
        "inception_v3_asserts": inception_v3(),
        "lenet5_inference": _inference(f"at::network<{_LENET5_LAYERS}>", 784),
        "resnet50_inference": _inference("at::zoo::resnet50<>", 224 * 224 * 3, zoo),
        "lenet5_in_8_bits": integers,
        "lstm_stream": STREAM,
        "mlp_training": _training("at::network<at::input<784>, at::dense<512>, at::relu, at::dense<10>, at::softmax>",
                                  "cross_entropy", "sgd", "xt::xtensor<std::int32_t, 1>"),
        "lenet5_training": _training(f"at::network<{_LENET5_LAYERS}>", "cross_entropy", "adam", "xt::xtensor<std::int32_t, 1>"),
        "gru_training": _training("at::network<at::input<32, 4>, at::gru<16, at::return_sequences>, at::time_distributed<at::dense<2>>>",
                                  "mean_squared_error", "adam", "xt::xtensor<float, 3>"),
    }
