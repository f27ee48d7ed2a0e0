# SPDX-License-Identifier: BSL-1.0
"""Inference and streams need no heap, no locks, no exceptions, no RTTI and no hosted library: checked in the object files of a small program."""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

PROGRAM = """
#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::input<12, 12, 1>, at::conv2d<6, 3, at::padding<1>>, at::batch_norm<>, at::tanh, at::max_pool2d<2>,
                        at::conv2d<8, 3, at::same>, at::activation<[](auto x) { return x * sigmoid(x); }>, at::avg_pool2d<2>,
                        at::flatten, at::dense<12>, at::elu<>, at::dropout<0.5>, at::dense<4>, at::softmax>;
alignas(64) constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {1};
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float> weights{numbers};
static at::inference<net> run{weights};
extern "C" unsigned classify(const float* pixels) {
    return static_cast<unsigned>(at::argmax(run(std::span<const float, 144>(pixels, 144))));
}
"""
# An audio callback (FL-21: weights are in the program, not in files): nothing that could wait.
STREAM = """
#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::input<64, 1>, at::conv1d<8, 3, at::causal, at::dilation<4>>, at::tanh,
                        at::residual<at::conv1d<8, 2, at::causal>>, at::lstm<20, at::return_sequences>, at::batch_norm<>,
                        at::gru<8, at::return_sequences>, at::dense<1, at::last_axis>>;
alignas(64) constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {1};
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float> weights{numbers};
static at::stream<net> run{weights};
static at::stream<net, float, 32> run_blocks{weights};
static at::embedded_stream<net, weights> run_embedded;
extern "C" float process(float sample) { return run(sample); }
extern "C" void process_block(const float* in, float* out) {
    const auto rows = run_blocks(std::span<const float, 32>(in, 32));
    for (unsigned i = 0; i < 32; ++i) out[i] = rows[i];
}
extern "C" const float* process_any(const float* in, std::size_t count) {
    const at::flush_denormals guard;
    return run_blocks.run(std::span<const float>(in, count)).data();
}
extern "C" float process_embedded(float sample) { return run_embedded(sample); }
extern "C" void reset() { run.reset(); }
"""
# The same in 8 bits.
INTEGERS = """
#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::input<64, 3>, at::conv1d<8, 3, at::causal, at::dilation<4>>, at::tanh,
                        at::residual<at::conv1d<8, 2, at::causal>>, at::lstm<20, at::return_sequences>, at::max_pool1d<2>,
                        at::gru<8, at::return_sequences>, at::dense<3, at::last_axis>, at::softmax>;
alignas(64) constexpr std::int32_t words[at::quantized_weight_count<net, std::int8_t, at::native_weight_order>] = {1};
constexpr at::quantized_weights<at::architecture_hash<net>, at::quantized_weight_count<net, std::int8_t, at::native_weight_order>,
                                at::native_weight_order> weights{words};
static at::stream<net, std::int8_t, 16> run{weights};
static at::embedded_stream<net, weights> run_embedded;
extern "C" const std::int8_t* process(const std::int8_t* in, std::size_t count) {
    return run.run(std::span<const std::int8_t>(in, count)).data();
}
extern "C" const std::int8_t* step(const std::int8_t* in) { return run_embedded(std::span<const std::int8_t, 3>(in, 3)).data(); }
extern "C" void reset() { run.reset(); }
"""
# With weights alone in 8 bits.
NARROW = """
#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::input<32, 1>, at::embedding<40, 12, at::per_step>, at::conv1d<12, 3, at::causal>, at::tanh,
                        at::lstm<20, at::return_sequences>, at::residual<at::self_attention<20, 2, at::causal>>, at::dense<40, at::last_axis>>;
alignas(64) constexpr std::int8_t small[at::int8_weight_count<net> + at::constant_weights_slack] = {1};
alignas(64) constexpr float numbers[at::int8_weight_numbers<net> + at::constant_weights_slack] = {1};
constexpr at::int8_weights<at::architecture_hash<net>, at::int8_weight_count<net>, at::int8_weight_numbers<net>> weights{small, numbers};
static at::weight_quantized_stream<net, 16> run{weights};
static at::embedded_stream<net, weights> run_embedded;
extern "C" const float* process(const float* in, std::size_t count) { return run.run(std::span<const float>(in, count)).data(); }
extern "C" const float* step(const float* in) { return run_embedded(std::span<const float, 1>(in, 1)).data(); }
extern "C" void reset() { run.reset(); }
"""
# A step whose states are outputs and inputs of the network.
FEEDBACK = """
#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::named<"x", at::input<1, 3>>, at::named<"h", at::input<20>>, at::named<"l", at::input<20>>, at::from<"x">,
                        at::with_states<at::lstm<20>, at::initial_states<"h", "l">, at::final_states<"h", "l">>, at::point<"end">,
                        at::side_output<"next h">, at::from<"l">, at::side_output<"next l">, at::from<"end">, at::dense<1>>;
alignas(64) constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {1};
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float> weights{numbers};
static at::with_feedback<at::embedded<net, weights>, at::feedback<"h", "next h">, at::feedback<"l", "next l">> run;
extern "C" float step(const float* sample) { return run(std::span<const float, 3>(sample, 3))[0]; }
extern "C" void reset() { run.reset(); }
extern "C" bool is_well() { return run.is_finite(); }
"""
# A decoder token by token, and one of a whole sequence with an encoder and a mask.
ATTENTION = """
#include <archetype/inference.hpp>
namespace at = archetype;
using net = at::network<at::input<32, 1>, at::embedding<40, 12, at::per_step>, at::position_embedding<32>, at::sinusoidal_positions<>,
                        at::residual<at::sequence<at::layer_norm<>, at::self_attention<12, 3, at::causal, at::rotary<>>>>,
                        at::dense<40, at::last_axis>>;
using whole = at::network<at::named<"memory", at::input<7, 12>>, at::named<"length", at::input<1>>, at::sequence_mask<7>,
                          at::point<"mask">, at::named<"x", at::input<5, 12>>, at::class_token<>,
                          at::cross_attention<12, 3, "memory", at::padding_mask<"mask">, at::attention_dropout<0.1>>>;
alignas(64) constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {1};
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float> weights{numbers};
alignas(64) constexpr float more[at::inference_weight_count<whole> + at::constant_weights_slack] = {1};
constexpr at::constant_weights<at::architecture_hash<whole>, at::inference_weight_count<whole>, float> other{more};
static at::stream<net> run{weights};
static at::inference<whole> run_whole{other};
extern "C" const float* step(float token) { return run.run(std::span<const float>(&token, 1)).data(); }
extern "C" float decode(const float* memory, const float* length, const float* x) {
    return run_whole(std::span<const float, 84>(memory, 84), std::span<const float, 1>(length, 1), std::span<const float, 60>(x, 60))[0];
}
"""
# Controls: what must be found where it is used.
LOCK = '#include <mutex>\nstd::mutex m; extern "C" void wait() { m.lock(); }\n'
HEAP = 'extern "C" int* make() { return new int[3]; }\n'
THROWS = 'extern "C" void fail() { throw 1; }\n'

FORBIDDEN = re.compile(r"^(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|_Zn[aw].*|_Zd[al].*|__cxa_.*|__gxx_.*|_Unwind_.*"
                       r"|_ZT[IS].*|_ZSt.*|__dynamic_cast|__tls_get_addr|.*pthread_.*|sem_.*|syscall)$")
# What compilers may call in freestanding programs, too (GCC's manual, "Standards"), and the global offset table.
ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}

FLAGS = ["-std=c++20", "-O2", *harness.WARNINGS, f"-I{harness.INCLUDE}"]
NATIVE = "-march=native"
# False with g++ 12 (cmake/development.cmake).
GCC_FLAGS = ["-Wno-maybe-uninitialized", "-Wno-uninitialized", "-Wno-stringop-overflow", "-Wno-array-bounds"]


def undefined(compiler, text, flags, folder):
    """Symbols that the object file of a program wants from elsewhere, and the compiler's output if there is none."""
    source, result = pathlib.Path(folder, "program.cpp"), pathlib.Path(folder, "program.o")
    source.write_text(text)
    code, output = harness.run([compiler, *flags, "-c", str(source), "-o", str(result)])
    if code != 0:
        return None, output
    code, output = harness.run(["nm", "--undefined-only", "--format=posix", str(result)])
    return {line.split()[0] for line in output.splitlines() if line}, output


def check(compiler, name, text, flags, wanted):
    """`wanted`: what must be among the symbols; none means that only allowed ones may be."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = GCC_FLAGS if harness.kind(compiler) == "gcc" else []
        flags = [option for flag in flags for option in (harness.native(compiler) if flag == NATIVE else [flag])]
        symbols, output = undefined(compiler, text, FLAGS + quiet + flags, folder)
    if symbols is None:
        return ["it does not compile:\n" + output]
    bad = sorted(symbol for symbol in symbols if FORBIDDEN.match(symbol))
    if wanted:
        return [] if any(wanted in symbol for symbol in bad) else [f"{wanted} is not found, only {sorted(symbols)}"]
    others = sorted(symbols - ALLOWED - set(bad))
    return [f"{symbol} is used" for symbol in bad] + [f"{symbol} is wanted from elsewhere" for symbol in others]


def main():
    arguments = harness.one_in_turn(__doc__)
    bare = ["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
    cases = [
        ("control: heap", HEAP, [], "_Zna"),
        ("control: exceptions", THROWS, [], "__cxa_"),
        ("control: locks", LOCK, [], "pthread_mutex_lock"),
        ("inference", PROGRAM, bare, None),
        ("inference, all of this processor", PROGRAM, bare + [NATIVE], None),
        ("inference, freestanding", PROGRAM, bare + ["-ffreestanding"], None),
        ("inference, freestanding, without SIMD", PROGRAM, bare + ["-ffreestanding", "-DARCHETYPE_SCALAR"], None),
        ("feedback", FEEDBACK, bare, None),
        ("feedback, freestanding, without SIMD", FEEDBACK, bare + ["-ffreestanding", "-DARCHETYPE_SCALAR"], None),
        ("attention", ATTENTION, bare, None),
        ("attention, freestanding, without SIMD", ATTENTION, bare + ["-ffreestanding", "-DARCHETYPE_SCALAR"], None),
        ("stream", STREAM, bare, None),
        ("stream of integers", INTEGERS, bare, None),
        ("stream of integers, freestanding, all of this processor", INTEGERS, bare + ["-ffreestanding", NATIVE], None),
        ("stream with weights of 8 bits", NARROW, bare, None),
        ("stream with weights of 8 bits, freestanding, without SIMD", NARROW, bare + ["-ffreestanding", "-DARCHETYPE_SCALAR"], None),
        ("stream, all of this processor", STREAM, bare + [NATIVE], None),
        ("stream, freestanding, without SIMD", STREAM, bare + ["-ffreestanding", "-DARCHETYPE_SCALAR"], None),
    ]
    tasks = [(compiler, *case) for compiler in arguments.compilers for case in cases]
    failures = 0
    for task, problems in harness.run_all(check, tasks, arguments.jobs):
        failures += bool(problems)
        print(f"{'FAILED' if problems else 'passed'} {harness.kind(task[0]):6} {task[1]}")
        for problem in problems:
            print(f"       {problem}")
    harness.finish(failures, len(tasks), "object files")


if __name__ == "__main__":
    main()
