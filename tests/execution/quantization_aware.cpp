// SPDX-License-Identifier: BSL-1.0
// Networks that round in training where their integers will: gradients are PyTorch's, results are the integers'.
#include <archetype/architecture.hpp>
#include <archetype/execution/quantize/quantization_aware.hpp>
#include <archetype/training/gradients.hpp>
#include <archetype/training/losses.hpp>
#include <archetype/training/trainer.hpp>

#include <boost/hana/for_each.hpp>
#include <catch.hpp>
#include <cmath>
#include <map>
#include <string>

namespace at = archetype;

namespace {

/// What PyTorch 1.13 computes in double with fake_quantize_per_tensor_affine and fake_quantize_per_channel_affine.
const std::map<std::string, std::vector<double>> torch_gradients{
    {"dense/kernel",
     {-0.0444991878238, 0.0, -0.0309393841916, -0.200246345207, 0.0, -0.0239780227485, -0.0741653130397, 0.0,
      0.0229467099421, 0.177996751295, 0.0, 0.0348068072155}},
    {"dense/bias", {-0.222495933731, 0.0, 0.038674229303}},
    {"dense_1/kernel", {-0.0702714288027, -0.094199244249, 0.0, 0.0, 0.0119583986623, -0.0940099204943}},
    {"dense_1/bias", {0.141748592088, -0.35826205572}}};
const std::vector<double> torch_input_gradient{
    0.0, 0.0, 0.193922069315, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.0135413309048, -0.0243743956286, 0.0};

using ranged = at::frozen<at::fake_quantize<>>;  // its range stays
using rounded = at::network<at::input<4>, ranged, at::with_rounded_kernel<at::dense<3>>, at::relu, ranged,
                            at::with_rounded_kernel<at::dense<2>>, ranged>;

template <std::size_t Rows, std::size_t Columns>
xt::xtensor<double, 2> wave(double (*function)(double), double step, double shift = 0) {
    xt::xtensor<double, 2> made = xt::zeros<double>({Rows, Columns});
    for (std::size_t i = 0; i < made.size(); ++i)
        made.data()[i] = function(step * static_cast<double>(i) + shift);
    return made;
}

/// Calls `use(name, numbers)`.
template <class Parameters, class Use>
void for_each_named(Parameters&& parameters, const Use& use) {
    boost::hana::for_each(parameters, [&](auto&& one) {
        use(std::string(boost::hana::first(one).c_str()), boost::hana::second(one));
    });
}

void check_near(const auto& found, const std::vector<double>& wanted) {
    REQUIRE(found.size() == wanted.size());
    std::size_t i = 0;
    for (const double x : found) CHECK(x == Approx(wanted[i++]).margin(1e-11));
}

/// Means of quarters of an image, and a bent sum of them.
std::pair<xt::xtensor<float, 4>, xt::xtensor<float, 2>> images() {
    xt::xtensor<float, 4> x = xt::zeros<float>({200, 8, 8, 2});
    xt::xtensor<float, 2> y = xt::zeros<float>({200, 2});
    at::random_source random(3);
    for (std::size_t n = 0; n < 200; ++n) {
        const float bright[] = {static_cast<float>(random.normal()), static_cast<float>(random.normal())};
        for (std::size_t i = 0; i < 128; ++i) {
            const float value = bright[i % 2] + 0.3f * static_cast<float>(random.normal());
            x.data()[128 * n + i] = value;
        }
        y(n, 0) = 2 * bright[0] - bright[1];
        y(n, 1) = bright[0] * bright[1];
    }
    return {x, y};
}

/// The share of results of the 8-bit network that are at most one step from those of the network that was trained.
template <class Net, at::range_rule Ranges>
double share_within_a_step() {
    const auto [x, y] = images();
    at::model<at::quantization_aware<Net, Ranges>> model =
        at::prepare_qat<Ranges>(at::model<Net>{at::seed{1}});
    at::trainer trainer{model, at::mean_squared_error{}, at::adam{.rate = 0.01}};
    const at::history epochs = trainer.fit(x, y, {.epochs = 20, .progress = at::progress_style::silent});
    CHECK(epochs.back().loss < 0.7 * epochs.front().loss);
    at::quantized_model<Net> integers = at::quantize(model, x);
    const xt::xtensor<float, 2> simulated = model(x), found = integers(x);
    const float step = integers.output_quantization().scale;
    std::size_t near = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        near += std::abs(found.data()[i] - simulated.data()[i]) < 1.5f * step ? 1 : 0;
    return static_cast<double>(near) / static_cast<double>(found.size());
}

using mobile =
    at::network<at::input<8, 8, 2>, at::conv2d<8, 3, at::same>, at::batch_norm<>, at::relu,
                at::depthwise_conv2d<3, at::same>, at::batch_norm<>, at::relu, at::residual<at::conv2d<8, 1>>,
                at::relu, at::avg_pool2d<2>, at::flatten, at::dense<2>>;
using bent = at::network<at::input<8, 8, 2>,
                         at::branches<at::concatenate, at::sequence<at::conv2d<4, 3, at::same>, at::tanh>,
                                      at::sequence<at::conv2d<4, 1>, at::relu>>,
                         at::max_pool2d<2>, at::flatten, at::dense<8>, at::sigmoid, at::dense<2>>;

/// Filters that do not lie along the last axis of their kernels.
constexpr at::connection_table<6, 4> connections{{{true, false, true, false},
                                                  {false, true, false, true},
                                                  {true, true, false, false},
                                                  {false, false, true, true},
                                                  {true, true, true, true},
                                                  {true, false, false, true}}};
using spread = at::network<at::input<8, 8, 2>, at::conv2d<4, 3, at::same, at::stride<2>>, at::relu,
                           at::conv2d_transpose<6, 2, at::stride<2>, at::groups<2>>, at::batch_norm<>,
                           at::relu, at::conv2d_table<2, connections, at::stride<2>>, at::relu,
                           at::avg_pool2d<2>, at::flatten, at::dense<2>>;

template <class Net>
std::string kinds() {
    std::string all;
    for (const at::node& one : at::detail::unchecked_facts<Net>.nodes)
        all +=
            (one.kind == "fake_quantize" ? one.shares == at::none ? "Q" : "q" : std::string(one.kind)) + " ";
    return all;
}

}  // namespace

TEST_CASE("quantization_aware: gradients that pass through roundings are PyTorch's") {
    at::model<rounded, double> model;
    const auto kernel = wave<4, 3>(std::sin, 0.7);
    const auto second_kernel = wave<3, 2>(std::cos, 0.9);
    const std::map<std::string, std::vector<double>> given{
        {"dense/kernel", {kernel.begin(), kernel.end()}},
        {"dense/bias", {0.1, -0.2, 0.3}},
        {"dense_1/kernel", {second_kernel.begin(), second_kernel.end()}},
        {"dense_1/bias", {0.05, -0.4}},
        {"fake_quantize/low", {-0.8}},
        {"fake_quantize/high", {0.9}},
        {"fake_quantize_1/low", {0}},
        {"fake_quantize_1/high", {1.1}},
        {"fake_quantize_2/low", {-2}},
        {"fake_quantize_2/high", {2.5}}};
    for_each_named(at::parameters(model), [&](const std::string& name, auto&& numbers) {
        std::copy(given.at(name).begin(), given.at(name).end(), numbers.begin());
    });
    at::gradients gradient{model, at::mean_squared_error{}};
    CHECK(gradient(wave<3, 4>(std::sin, 1.3, 0.2), wave<3, 2>(std::cos, 1.1)) == Approx(0.4178039108823006));
    for_each_named(gradient.parameters(), [&](const std::string& name, auto&& found) {
        INFO(name);
        check_near(found, torch_gradients.at(name));
    });
    check_near(gradient.input(), torch_input_gradient);
    // Inference rounds as training does.
    CHECK(xt::mean(xt::square(model(wave<3, 4>(std::sin, 1.3, 0.2)) - wave<3, 2>(std::cos, 1.1)))() ==
          Approx(0.4178039108823006));
    // Kernels are as they were.
    for_each_named(at::parameters(model), [&](const std::string& name, auto&& numbers) {
        CHECK(std::equal(numbers.begin(), numbers.end(), given.at(name).begin()));
    });
}

TEST_CASE("fake_quantize: a learned step has the gradient of PyTorch's learnable one") {
    // torch._fake_quantize_learnable_per_tensor_affine(x, 0.0125, 28, -128, 127, 1 / sqrt(10 * 255)), in single precision; with
    // zero points below 0 PyTorch 1.13 takes the next above for what is outside of the range.
    at::model<at::network<at::input<10>, at::fake_quantize<at::range_rule::learned>>, double> model;
    for_each_named(at::parameters(model), [&](const std::string& name, auto&& numbers) {
        numbers(0) = name == "fake_quantize/scale" ? 0.0125 : 28;
    });
    const xt::xtensor<double, 2> x{{-1.7, -0.93, -0.31, 0.0, 0.12, 0.49, 0.77, 1.31, 2.6, 3.2}},
        wanted{{-1.7, -0.925, -0.3125, 0, 0.125, 0.4875, 0.775, 1.2375, 1.2375, 1.2375}},
        upstream{{0.3, -0.7, 1.1, 0.2, -0.4, 0.9, -1.3, 0.8, 0.5, -0.6}};
    CHECK(xt::amax(xt::abs(model(x) - wanted))() < 1e-7);
    at::gradients gradient{model, at::mean_squared_error{}};
    gradient(x, wanted - 5 * upstream);  // whose derivative is `upstream`
    CHECK(gradient.data()[0] == Approx(1.34541249).epsilon(1e-4));
    const xt::xtensor<double, 2> found = gradient.input();
    for (std::size_t i = 0; i < 10; ++i)
        CHECK(found(0, i) == Approx(i > 6 ? 0 : upstream(0, i)).margin(1e-6));
}

TEST_CASE("fake_quantize: a learned step stays positive") {
    at::model<at::network<at::input<2>, at::fake_quantize<at::range_rule::learned>>, double> model;
    const auto scale = [&](auto use) {
        for_each_named(at::parameters(model), [&](const std::string& name, auto&& numbers) {
            if (name == "fake_quantize/scale") use(numbers(0));
        });
    };
    scale([](double& x) { x = -0.5; });  // what an optimizer may make of it
    const xt::xtensor<double, 2> x{{1, -1}};
    const xt::xtensor<double, 2> found = model(x);
    CHECK(found(0, 0) == 127 * 0x1p-23);
    CHECK(found(0, 1) == -128 * 0x1p-23);
    at::gradients gradient{model, at::mean_squared_error{}};
    gradient(x, x);
    scale([](double x) { CHECK(x == 0x1p-23); });
}

TEST_CASE("quantization_aware: rounds where integers do") {
    CHECK(kinds<at::quantization_aware<mobile>>() ==
          "Q conv2d batch_norm relu Q depthwise_conv2d batch_norm relu Q conv2d Q add relu Q avg_pool2d q "
          "flatten dense Q ");
    CHECK(kinds<at::quantization_aware<bent>>() ==
          "Q conv2d Q tanh conv2d relu concatenate Q max_pool2d flatten dense Q sigmoid Q dense Q ");
    // Averages are not trained, steps are. Sigmoid has a range of its own: six places, one of them without parameters.
    constexpr at::range_rule learned = at::range_rule::learned;
    static_assert(at::parameter_count<at::quantization_aware<mobile>> == at::parameter_count<mobile>);
    static_assert(at::parameter_count<at::quantization_aware<mobile, learned>> ==
                  at::parameter_count<mobile> + 6);
    static_assert(at::parameter_count<at::quantization_aware<bent, learned>> ==
                  at::parameter_count<bent> + 5);
}

TEST_CASE("with_rounded_kernel: filters that do not lie along the last axis") {
    using layer = at::conv1d_transpose<4, 2, at::groups<2>>;  // [tap][filter of the group][channel]
    at::model<at::network<at::input<5, 6>, layer>, double> plain{at::seed{2}};
    at::model<at::network<at::input<5, 6>, at::with_rounded_kernel<layer>>, double> rounded{at::seed{2}};
    std::copy(plain.data(), plain.data() + plain.size(), rounded.data());
    for (std::size_t f = 0; f < 4; ++f) {
        double largest = 0;
        const auto each = [&](const auto& use) {
            for (std::size_t tap = 0; tap < 2; ++tap)
                for (std::size_t c = f / 2 * 3; c < f / 2 * 3 + 3; ++c)
                    use(plain.data()[(2 * tap + f % 2) * 6 + c]);
        };
        each([&](double& x) { largest = std::max(largest, std::abs(x)); });
        const double scale = static_cast<double>(static_cast<float>(largest / 127));
        each([&](double& x) { x = std::round(x / scale) * scale; });
    }
    xt::xtensor<double, 2> x = xt::zeros<double>({5, 6});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = std::sin(1.0 + static_cast<double>(i));
    CHECK(xt::amax(xt::abs(plain(x) - rounded(x)))() < 1e-12);
    CHECK(std::is_base_of_v<at::detail::rounded_kernel_lowering,
                            at::detail::lowering<at::detail::layer_trained_for_integers<layer>::type>>);
}

TEST_CASE("quantization_aware: the integers are what training saw") {
    CHECK(share_within_a_step<mobile, at::range_rule::averaged>() > 0.95);
    CHECK(share_within_a_step<bent, at::range_rule::averaged>() > 0.95);
    CHECK(share_within_a_step<mobile, at::range_rule::learned>() > 0.95);
    CHECK(share_within_a_step<spread, at::range_rule::averaged>() > 0.95);
}
