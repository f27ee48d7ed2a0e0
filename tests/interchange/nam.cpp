// SPDX-License-Identifier: BSL-1.0
// Amplifier files of all architectures and versions against the results of Neural Amp Modeler's own player (Core of
// 2026-08, daae2d0), whose results for the files of make_nam_files.py (random weights) are nam/*.csv.
#include <archetype/archetype.hpp>
#include <archetype/interchange/nam.hpp>
#include <archetype/zoo/amp_wavenet.hpp>
#include <archetype/zoo/wavenet.hpp>
#include <catch.hpp>
#include <fstream>
#include <sstream>
#include "../temporary_directory.hpp"

namespace {

namespace at = archetype;
namespace zoo = at::zoo;
constexpr std::size_t length = 64;
const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "nam";

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}
std::vector<float> signal() {
    std::vector<float> x(length);
    for (std::size_t i = 0; i < length; ++i)
        x[i] = static_cast<float>(0.6 * std::sin(0.37 * double(i)) + 0.3 * std::sin(1.9 * double(i) + 0.4));
    return x;
}
template <class Net>
std::vector<float> result(at::model<Net>& model) {
    const std::vector<float> x = signal();
    const std::size_t one = 1;
    const auto y = model(xt::adapt(x, std::array<std::size_t, 2>{length, one}));
    std::vector<float> made;
    for (std::size_t i = 0; i < length; ++i) made.push_back(y(i, 0));
    return made;
}
/// The largest difference from the player's result, against the largest of that.
template <class Net>
double difference(const std::string& name, const at::nam_options& options = {}) {
    at::model<Net> model;
    (void)at::load_nam(model, folder / (name + ".nam"), options);
    std::istringstream wanted(text_of(folder / (name + ".csv")));
    double most = 0, largest = 1;
    for (const float y : result(model)) {
        std::string number;
        REQUIRE(std::getline(wanted, number, ','));
        most = std::max(most, std::abs(double(y) - std::stod(number)));
        largest = std::max(largest, std::abs(std::stod(number)));
    }
    return most / largest;
}
/// What `try_load_nam` says, or nothing; nothing may be written then.
template <class Net>
std::string problem(const std::string& text, const at::nam_options& options = {}) {
    const testing::temporary_directory here;
    const auto path = here.path() / "model.nam";
    std::ofstream(path, std::ios::binary) << text;
    at::model<Net> model{at::seed{3}};
    const std::vector<float> before(model.data(), model.data() + at::parameter_count<Net>);
    const auto loaded = at::try_load_nam(model, path, options);
    if (loaded) return "";
    CHECK(std::equal(before.begin(), before.end(), model.data()));
    return loaded.failure().message();
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t where = text.find(from);
    REQUIRE(where != std::string::npos);
    return text.replace(where, from.size(), to);
}
bool has(const std::string& text, const std::string& part) {
    INFO(text);
    const bool found = text.find(part) != std::string::npos;
    CHECK(found);
    return found;
}

template <auto Function>
using own = at::activation<Function>;
using hard_swish = own<[](auto x) { return x * min(max(x + 3, 0), 6) / 6; }>;
using leaky_hard_tanh = own<[](auto x) { return max(min(x, 0.9) + 0.02 * max(x - 0.9, 0), 0); }>;
template <std::size_t... Dilations>
using plain = zoo::amp_layers<zoo::amp_layer<3, Dilations>...>;
template <class... Arrays>
using amp = zoo::amp_wavenet<length, Arrays...>;

template <std::size_t Units>
using one_by_one = at::dense<Units, at::last_axis>;
template <std::size_t Units>
using bare = at::dense<Units, at::last_axis, at::no_bias>;
template <std::size_t Units>
using mixer = at::sequence<at::from<"condition">, bare<Units>>;

// A PReLU with a slope for each channel.
using prelu =
    at::branches<at::add, own<[](auto x) { return max(x, 0); }>,
                 at::sequence<own<[](auto x) { return min(x, 0); }>, at::depthwise_conv1d<1, at::no_bias>>>;
using sizes =
    at::network<at::input<length, 1>, at::point<"condition">, bare<2>, at::point<"x">,
                at::branches<at::add, at::conv1d<2, 2, at::causal>, mixer<2>>, at::leaky_relu<0.01>,
                at::point<"head">, one_by_one<2>, at::merge<at::add, "x">, at::point<"x">,
                at::branches<at::add, at::conv1d<2, 4, at::causal, at::dilation<3>>, mixer<2>>, prelu,
                at::point<"a">, at::merge<at::add, "head">, at::conv1d<3, 2, at::causal, at::no_bias>,
                at::point<"head">, at::from<"a">, one_by_one<2>, at::merge<at::add, "x">, bare<3>,
                at::branches<at::add, at::conv1d<3, 3, at::causal, at::dilation<2>>, mixer<3>>,
                own<[](auto x) { return x / (1 + abs(x)); }>, at::merge<at::add, "head">,
                at::conv1d<1, 4, at::causal>>;

// The condition scales and shifts before and behind everything; each half of a blended layer on its own.
template <std::size_t Dilation>
using modulated_half = at::sequence<
    at::branches<at::add,
                 at::sequence<at::from<"seen">, at::conv1d<2, 3, at::causal, at::dilation<Dilation>>,
                              zoo::film<2, false>>,
                 at::sequence<at::from<"mixed">, bare<2>, zoo::film<2>>>,
    zoo::film<2>>;
template <std::size_t Dilation>
using modulated_layer = at::sequence<
    at::point<"x">, zoo::film<2>, at::point<"seen">, at::from<"condition">, zoo::film<1>, at::point<"mixed">,
    modulated_half<Dilation>, at::point<"z">, at::from<"x">, modulated_half<Dilation>, at::sigmoid,
    at::point<"gate">,
    at::branches<at::add, at::branches<at::multiply, at::sequence<at::from<"z">, at::tanh>, at::from<"gate">>,
                 at::branches<at::multiply, at::from<"z">,
                              at::sequence<at::from<"gate">, own<[](auto x) { return 1 - x; }>>>>,
    zoo::film<2>, at::point<"a">>;
using head_of_film = at::sequence<at::from<"a">, one_by_one<2>, zoo::film<2>>;
using film =
    at::network<at::input<length, 1>, at::point<"condition">, bare<2>, modulated_layer<1>, head_of_film,
                at::point<"head">, at::from<"a">, one_by_one<2>, zoo::film<2>, at::merge<at::add, "x">,
                modulated_layer<2>, head_of_film, at::merge<at::add, "head">, at::conv1d<1, 1, at::causal>>;

// A grouped convolution as one, grouped 1x1 as dense layers with zeros between their groups.
template <std::size_t Dilation>
using grouped_layer = at::sequence<
    at::point<"x">,
    at::branches<at::add, at::conv1d<4, 3, at::causal, at::dilation<Dilation>, at::groups<2>>, mixer<4>>,
    at::tanh, at::point<"a">>;
using grouped =
    at::network<at::input<length, 1>, at::point<"condition">, bare<4>, grouped_layer<1>, one_by_one<2>,
                at::point<"head">, at::from<"a">, one_by_one<4>, at::merge<at::add, "x">, grouped_layer<3>,
                one_by_one<2>, at::merge<at::add, "head">, at::conv1d<1, 1, at::causal>>;
// Without a 1x1 every layer reads the same.
template <std::size_t Dilation>
using lonely =
    at::sequence<at::from<"x">,
                 at::branches<at::add, at::conv1d<2, 3, at::causal, at::dilation<Dilation>>, mixer<2>>,
                 at::tanh>;
using alone = at::network<at::input<length, 1>, at::point<"condition">, bare<2>, at::point<"x">,
                          at::branches<at::add, lonely<1>, lonely<3>>, one_by_one<1>>;
using headed = at::network<at::input<length, 1>,
                           zoo::amp_stack<at::identity, zoo::amp_array<2, plain<1, 3>, zoo::amp_head<2>>>,
                           at::relu, at::conv1d<3, 3, at::causal>, at::relu, at::conv1d<1, 2, at::causal>>;
using conditioned =
    at::network<at::input<length, 1>,
                zoo::amp_stack<zoo::amp_stack<at::identity, zoo::amp_array<2, plain<1, 3>, zoo::amp_head<3>>>,
                               zoo::amp_array<2, plain<1, 3>, zoo::amp_head<1>>>>;

using secondary = amp<zoo::amp_array<2,
                                     zoo::amp_layers<zoo::amp_layer<3, 1, at::tanh, zoo::gated<at::relu>>,
                                                     zoo::amp_layer<3, 3, at::tanh, zoo::gated<at::relu>>>,
                                     zoo::amp_head<1>, 3>>;
using blended =
    amp<zoo::amp_array<2,
                       zoo::amp_layers<zoo::amp_layer<3, 1, at::tanh, zoo::blended<leaky_hard_tanh>>,
                                       zoo::amp_layer<3, 3, hard_swish, zoo::gated<>>>,
                       zoo::amp_head<1>>>;
using conv_net =
    at::network<at::input<length, 1>, at::conv1d<2, 2, at::causal>, at::relu,
                at::conv1d<2, 2, at::causal, at::dilation<4>>, at::relu, at::dense<1, at::last_axis>>;
using linear = at::network<at::input<length, 1>, at::conv1d<1, 5, at::causal>>;
using lstm2 =
    at::network<at::input<length, 1>, at::lstm<2, at::return_sequences, at::given_initial_state>,
                at::lstm<2, at::return_sequences, at::given_initial_state>, at::dense<1, at::last_axis>>;

}  // namespace

TEST_CASE("networks of one line each, as the player computes them") {
    CHECK(difference<secondary>("secondary") < 1e-5);
    CHECK(difference<blended>("blended") < 1e-5);
    CHECK(difference<conv_net>("conv_net") < 1e-5);
    using normalized =
        at::network<at::input<length, 1>, at::conv1d<2, 2, at::causal>, at::tanh,
                    at::conv1d<2, 2, at::causal, at::dilation<4>>, at::tanh, at::dense<1, at::last_axis>>;
    CHECK(difference<normalized>("conv_net_normalized") < 1e-5);
    CHECK(difference<linear>("linear") < 1e-5);
    CHECK(difference<lstm2>("lstm") < 1e-5);
}

TEST_CASE("the network of 2026: a container of two sizes") {
    using small = zoo::a2_amp_wavenet<3, length>;
    using large = zoo::a2_amp_wavenet<4, length>;
    static_assert(at::parameter_count<small> == 1871 - 1 - 12);  // without the scale and the last 1x1
    static_assert(at::parameter_count<zoo::a2_amp_wavenet<>> == 12146 - 1 - 72);
    CHECK(difference<large>("a2") < 1e-5);
    at::model<small> model;
    const at::nam_properties first = at::load_nam(model, folder / "a2.nam", {.submodel = 0});
    CHECK(first.submodel == 0);
    CHECK(first.submodels == 2);
    CHECK(first.max_value == 0.5);
    const std::vector<float> by_index(model.data(), model.data() + at::parameter_count<small>);
    model = at::model<small>{};
    const auto second = at::try_load_nam(model, folder / "a2.nam", {.size = 0.2});
    REQUIRE(second);
    CHECK(second->submodel == 0);
    CHECK(std::equal(by_index.begin(), by_index.end(), model.data()));
    const std::string text = text_of(folder / "a2.nam");
    has(problem<small>(text), "conv: filters: expected 3, found 4");
    has(problem<small>(text, {.submodel = 2}), "expected a network of index 2, found 2 networks");
    has(problem<large>(replaced(text, R"("max_value":1.0)", R"("max_value":0.9)")),
        "expected 1 or more as the last max_value, found 0.9");
    has(problem<large>(replaced(text, R"("max_value":1.0)", R"("max_value":0.5)")), "expected more than 0.5");
}

TEST_CASE("what belongs to the caller is returned") {
    at::model<linear> model;
    const at::nam_properties found = at::load_nam(model, folder / "linear.nam");
    CHECK(found.architecture == "Linear");
    CHECK(found.version == "0.7.0");
    CHECK(found.sample_rate == 48000);
    CHECK(found.loudness == -20.5);
    CHECK(found.gain == 0.25);
    CHECK(found.input_level_dbu == 12.5);
    CHECK_FALSE(found.output_level_dbu);
    const std::string text = text_of(folder / "linear.nam");
    has(problem<linear>(replaced(text, "48000", "-1")), "sample_rate: expected a rate above 0, found -1");
    has(problem<linear>(replaced(text, "48000", "\"fast\"")), "sample_rate: expected a finite number");
    has(problem<linear>(replaced(text, "-20.5", "[]")),
        "metadata.loudness: expected a finite number, found []");
    CHECK(problem<linear>(replaced(text, ",\"sample_rate\":48000", "")).empty());
}

TEST_CASE("what has no line of its own is written with parts, points and merges") {
    CHECK(difference<sizes>("sizes") < 1e-5);
    CHECK(difference<film>("film") < 1e-5);
    CHECK(difference<grouped>("groups") < 1e-5);
    CHECK(difference<alone>("alone") < 1e-5);
    CHECK(difference<headed>("head") < 1e-5);
    CHECK(difference<conditioned>("condition") < 1e-5);
}

TEST_CASE("B-04 gates by other functions and modes") {
    const std::string text = text_of(folder / "secondary.nam");
    using sigmoid_gate = amp<zoo::amp_array<2,
                                            zoo::amp_layers<zoo::amp_layer<3, 1, at::tanh, zoo::gated<>>,
                                                            zoo::amp_layer<3, 3, at::tanh, zoo::gated<>>>,
                                            zoo::amp_head<1>, 3>>;
    has(problem<sigmoid_gate>(text),
        "activation: expected sigmoid, found relu (config.layers[0].secondary_activation)");
    CHECK(problem<sigmoid_gate>(replaced(text, R"("secondary_activation":"ReLU",)", "")).empty());
    const std::string as_blended = replaced(
        replaced(text, R"("gating_mode":"gated")", R"("gating_mode":"blended")"), R"("gated":true,)", "");
    CHECK_FALSE(problem<secondary>(as_blended).empty());
    has(problem<secondary>(replaced(text, R"("gated":true)", R"("gated":false)")),
        "config.layers[0].gated: expected what gating_mode says, found false");
    has(problem<secondary>(replaced(text, R"("gating_mode":"gated")", R"("gating_mode":"mixed")")),
        "config.layers[0].gating_mode: expected none, gated or blended, found \"mixed\"");
    // What changes the result has to change the type too.
    const std::string one = text_of(folder / "alone.nam");
    const std::string film = R"("conv_pre_film":{"active":true},"channels")";
    CHECK_FALSE(problem<alone>(replaced(one, "\"channels\"", film)).empty());
    CHECK(problem<alone>(replaced(one, "\"channels\"", R"("conv_pre_film":false,"channels")")).empty());
    has(problem<alone>(replaced(one, "\"channels\"", R"("groups_input":5,"channels")")),
        "expected groups that divide 2 and 2 channels, found 5");
    has(problem<alone>(replaced(one, "\"channels\"", R"("bottleneck":3,"channels")")),
        "bottleneck: expected 2, the channels, without layer1x1, found 3");
    has(problem<alone>(replaced(one, "\"channels\"", R"("layer1x1_post_film":{},"channels")")),
        "layer1x1_post_film: expected not active without layer1x1");
    has(problem<secondary>(replaced(text, "\"channels\"", R"("layer1x1_post_film":{},"channels")")),
        "its player does not");
}

TEST_CASE("B-05 B-29 rates, and functions as objects") {
    const std::string text = text_of(folder / "head.nam");
    const testing::temporary_directory here;
    std::ofstream(here.path() / "96.nam") << replaced(text, "48000", "96000");
    at::model<headed> model;
    CHECK(at::load_nam(model, here.path() / "96.nam").sample_rate == 96000);
    using with_head =
        at::network<at::input<length, 1>,
                    zoo::amp_stack<at::identity,
                                   zoo::amp_array<2,
                                                  zoo::amp_layers<zoo::amp_layer<3, 1, at::leaky_relu<0.01>>,
                                                                  zoo::amp_layer<3, 3, at::leaky_relu<0.01>>>,
                                                  zoo::amp_head<2>>>,
                    at::relu, at::conv1d<3, 3, at::causal>, at::relu, at::conv1d<1, 2, at::causal>>;
    const auto named = [&](const std::string& function) { return replaced(text, "\"Tanh\"", function); };
    CHECK(problem<with_head>(named("\"LeakyReLU\"")).empty());
    CHECK(problem<with_head>(named(R"({"type":"LeakyReLU","negative_slope":0.01})")).empty());
    CHECK(problem<with_head>(named(R"({"type":"PReLU","negative_slopes":[0.01,0.01]})")).empty());
    has(problem<with_head>(named(R"({"type":"LeakyReLU","negative_slope":0.02})")),
        "expected leaky_relu of 0.01, found leaky_relu of 0.02");
    has(problem<with_head>(named("\"Fasttanh\"")), "config.layers[0].activation: expected Tanh");
    has(problem<with_head>(named(R"({"type":"Tanh","slope":1})")), "activation.slope: expected no member");
    has(problem<with_head>(named(R"(["Tanh"])")), "expected an array of 2, one for each of the dilations");
}

TEST_CASE("what a file says and nobody asked for is an error with its place") {
    const std::string text = text_of(folder / "condition.nam");
    CHECK(problem<conditioned>(text).empty());
    has(problem<conditioned>(replaced(text, "\"channels\"", "\"warp\":1,\"channels\"")),
        "config.layers[0].warp: expected no member that this reader does not know, found 1");
    has(problem<conditioned>(replaced(text, "{\"version\"", "{\"input_gain\":2,\"version\"")),
        "input_gain: expected no member");
    has(problem<conditioned>(replaced(text, "\"sample_rate\":48000}", "\"sample_rate\":44100}")),
        "config.condition_dsp.sample_rate: expected 48000, the rate of the file around it, found 44100");
    has(problem<conditioned>(replaced(text, "\"0.7.0\"", "\"0.8.0\"")),
        "version: expected 0.5.0 to 0.7.x, found \"0.8.0\"");
    has(problem<conditioned>(replaced(text, "\"0.7.0\"", "\"0.4.9\"")), "version: expected 0.5.0 to 0.7.x");
    has(problem<conditioned>(replaced(text, "\"condition_size\":3", "\"condition_size\":2")),
        "expected 3, the channels of the condition, found 2");
    has(problem<headed>(text_of(folder / "linear.nam")), "config.receptive_field");
    has(problem<linear>(text_of(folder / "conv_net.nam")), "filters: expected 1, found 2");
    CHECK(problem<conditioned>(replaced(text, "\"channels\"", "\"warp\":1,\"channels\""),
                               {.skip_keys = {"warp"}})
              .empty());
    // A head that the network has not, which was read past the end of a table.
    using headless = amp<zoo::amp_array<2, plain<1, 3>, zoo::amp_head<2>>>;
    has(problem<headless>(text_of(folder / "head.nam")),
        "expected a further layer for config.head.kernel_sizes[0], found its end");
    // Weights: too few, too many, none, not finite.
    const std::string line = text_of(folder / "linear.nam");
    has(problem<linear>(replaced(line, "\"weights\":[", "\"weights\":[1,")),
        "weights: expected 6 numbers for its configuration, found 7");
    has(problem<linear>(replaced(line, "\"receptive_field\":5", "\"receptive_field\":6")),
        "weights: expected 7 numbers or more");
    has(problem<linear>(replaced(line, "\"weights\":[", "\"weights\":[1e39,")),
        "expected numbers of single precision");
    CHECK_FALSE(problem<linear>(replaced(line, "\"weights\":[", "\"weights\":[NaN,")).empty());
}

TEST_CASE("sizes of files that hold nothing of that size") {
    for (const char* const size :
         {"16000000", "16777216", "1e300", "-1", "0", "0.5", "\"8\"", "[8]", "{}", "true"}) {
        const std::string end = ",\"weights\":[1]}", s = size;
        const std::string files[] = {
            R"({"version":"0.5.0","architecture":"LSTM","config":{"num_layers":2,"input_size":1,"hidden_size":)" +
                s + "}" + end,
            R"({"version":"0.5.0","architecture":"LSTM","config":{"hidden_size":1,"input_size":1,"num_layers":)" +
                s + "}" + end,
            R"({"version":"0.5.0","architecture":"Linear","config":{"bias":false,"receptive_field":)" + s +
                "}" + end,
            R"({"version":"0.5.0","architecture":"ConvNet","config":{"dilations":[1],"batchnorm":true,"activation":"ReLU","channels":)" +
                s + "}" + end};
        for (const std::string& file : files) {
            INFO(file);
            CHECK_FALSE(problem<lstm2>(file).empty());
        }
    }
    CHECK_FALSE(problem<lstm2>("[]").empty());
    CHECK_FALSE(problem<lstm2>("").empty());
    CHECK_FALSE(problem<lstm2>(R"({"architecture":1,"config":[],"weights":{}})").empty());
}

// Bytes changed, left out and doubled: refused or read, never half.
TEST_CASE("mutated files") {
    std::uint32_t state = 7;
    const auto next = [&state](std::size_t below) {
        state = state * 1664525u + 1013904223u;
        return static_cast<std::size_t>(state >> 8) % below;
    };
    const std::string text = text_of(folder / "film.nam"), alphabet = "0123456789-.e[]{},:\"truefalsn";
    const std::string other = text_of(folder / "condition.nam");
    for (int round = 0; round < 400; ++round) {
        std::string changed = round % 2 == 0 ? text : other;
        for (std::size_t i = next(3) + 1; i > 0; --i) {
            const std::size_t at = next(changed.size());
            if (const std::size_t how = next(3); how == 0)
                changed[at] = alphabet[next(alphabet.size())];
            else if (how == 1)
                changed.erase(at, next(20) + 1);
            else
                changed.insert(at, changed.substr(next(changed.size()), next(20)));
        }
        if (round % 2 == 0)
            (void)problem<film>(changed);
        else
            (void)problem<conditioned>(changed);
    }
}
