// SPDX-License-Identifier: BSL-1.0
// Weights that are chosen at run time: images of bytes, what is wrong with others, objects that hold a pointer.
#include <archetype/inference.hpp>
#include <archetype/interchange/quantized_file.hpp>
#include <archetype/interchange/weights_image_file.hpp>

#include "temporary_directory.hpp"

#include <catch.hpp>
#include <fstream>

namespace at = archetype;

namespace {

using net = at::network<at::input<6>, at::dense<5>, at::relu, at::dense<3>>;
using other = at::network<at::input<6>, at::dense<5>, at::tanh, at::dense<3>>;

xt::xtensor<float, 2> some_samples() {
    xt::xtensor<float, 2> samples = xt::zeros<float>({20, 6});
    for (std::size_t i = 0; i < 120; ++i) samples.data()[i] = std::sin(0.7f * static_cast<float>(i));
    return samples;
}
/// Bytes at an address that is a multiple of 64, or a few more.
struct placed {
    std::vector<std::byte> room;
    std::span<const std::byte> bytes;
    placed(const std::vector<std::byte>& from, std::size_t more = 0) : room(from.size() + 128) {
        const auto at = reinterpret_cast<std::uintptr_t>(room.data());
        std::byte* const to = room.data() + (64 - at % 64) % 64 + more;
        std::copy(from.begin(), from.end(), to);
        bytes = {to, from.size()};
    }
};

}  // namespace

TEST_CASE("weights images: objects with weights chosen at run time") {
    at::model<net> model{at::seed{4}};
    const auto samples = some_samples();
    const placed real(at::weights_image(model));
    const auto weights = at::try_weights<net>(real.bytes);
    REQUIRE(weights);
    at::inference<net> run{*weights};
    const auto wanted = model(samples);
    for (std::size_t n = 0; n < 20; ++n) {
        const auto found = run(std::span<const float, 6>(samples.data() + 6 * n, 6));
        for (std::size_t i = 0; i < 3; ++i) CHECK(found[i] == Approx(wanted(n, i)).margin(1e-6));
    }

    auto q = at::quantize(model, samples);
    const auto check = [&]<class Activation, at::weight_order Order>(auto& quantized) {
        const placed image(at::weights_image<Order>(quantized));
        const auto words = at::try_weights<net, Activation, Order>(image.bytes);
        REQUIRE(words);
        at::quantized_inference_with<net, Activation, Order> object{*words};
        CHECK(object.input_quantization() == quantized.input_quantization());
        CHECK(object.output_quantization() == quantized.output_quantization());
        std::array<Activation, 6> sample;
        std::array<Activation, 3> expected;
        for (std::size_t i = 0; i < 6; ++i) sample[i] = object.input_quantization().quantize(samples(3, i));
        quantized.run(sample.data(), 1, expected.data());
        const auto found = object(sample);
        CHECK(std::equal(found.begin(), found.end(), expected.begin()));
    };
    check.template operator()<std::int8_t, at::native_weight_order>(q);
    check.template operator()<std::int8_t, at::weight_order::plain>(q);
    auto wide = at::quantize<std::int16_t>(model, samples);
    check.template operator()<std::int16_t, at::weight_order::plain>(wide);

    // The short name, and the words alone.
    const placed image(at::weights_image<at::native_weight_order>(q));
    at::quantized_inference<net> shortly{*at::try_weights<net, std::int8_t>(image.bytes)};
    const auto words = q.words<at::native_weight_order>();
    constexpr std::size_t count = at::quantized_inference<net>::word_count;
    at::quantized_inference<net> alone{std::span<const std::int32_t, count>(words.data(), count)};
    const std::array<std::int8_t, 6> sample{1, -20, 30, -40, 50, 127};
    const std::array<std::int8_t, 3> first = [&] {
        const auto found = shortly(sample);
        return std::array{found[0], found[1], found[2]};
    }();
    CHECK(std::ranges::equal(first, alone(sample)));
}

TEST_CASE("weights images: other bytes are refused by a status") {
    at::model<net> model{at::seed{4}};
    using status = at::weights_status;
    const std::vector<std::byte> good = at::weights_image(model);
    const auto status_of = [](const std::vector<std::byte>& bytes, std::size_t more = 0) {
        const placed at_place(bytes, more);
        const auto found = at::try_weights<net>(at_place.bytes);
        CHECK((found.weights.data == nullptr) == !found);
        return found.status;
    };
    CHECK(status_of(good) == status::ok);
    CHECK(status_of({}) == status::too_short);
    CHECK(status_of(std::vector<std::byte>(good.begin(), good.begin() + 63)) == status::too_short);
    CHECK(status_of(std::vector<std::byte>(good.begin(), good.end() - 4)) == status::other_length);
    auto longer = good;
    longer.resize(good.size() + 4);
    CHECK(status_of(longer) == status::other_length);
    CHECK(status_of(good, 1) == status::misaligned);
    CHECK(status_of(good, 4) == status::ok);
    CHECK(status_of(std::vector<std::byte>(good.size())) == status::no_weights);
    // Each byte counts, also those of the header but for what is reserved.
    for (std::size_t i = 0; i < good.size(); ++i) {
        if (i >= 32 && i < 64) continue;
        auto bad = good;
        bad[i] ^= std::byte{0x10};
        REQUIRE(status_of(bad) != status::ok);
    }
    auto format = good;
    format[4] = std::byte{77};
    CHECK(status_of(format) == status::other_format);
    CHECK(status_of(at::weights_image(at::model<other>{at::seed{1}})) == status::other_architecture);
    auto q = at::quantize(model, some_samples());
    CHECK(status_of(at::weights_image(q)) == status::other_kind);
    const placed plain(at::weights_image<at::weight_order::plain>(q));
    CHECK(at::try_weights<net, std::int8_t, at::weight_order::paired>(plain.bytes).status ==
          status::other_order);
    CHECK(at::try_weights<net, std::int16_t>(plain.bytes).status == status::other_kind);
    for (int i = 0; i <= static_cast<int>(status::damaged); ++i)
        CHECK(at::sentence(static_cast<status>(i)).size() > 10);
}

TEST_CASE("weights images: files, and a section for generated arrays") {
    const testing::temporary_directory folder;
    at::model<net> model{at::seed{4}};
    at::write_weights_image(at::weights_image(model), folder.path() / "net.weights");
    CHECK(std::filesystem::file_size(folder.path() / "net.weights") ==
          64 + 4 * (at::inference_weight_count<net> + at::constant_weights_slack));
    auto q = at::quantize(model, some_samples());
    at::write_constant_weights(q, folder.path() / "net.hpp", "net_int8");
    std::ifstream file(folder.path() / "net.hpp");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK_THAT(text,
               Catch::Contains("net_int8_SECTION alignas(16) inline constexpr std::int32_t net_int8_data["));
    CHECK_THAT(text, Catch::Contains("#ifndef net_int8_SECTION"));
}
