// SPDX-License-Identifier: BSL-1.0
// Changes of samples against torchvision (make_augmentations.py) and by formula; readers and batches read ahead.
#include <archetype/data/augmentation/mixing.hpp>
#include <archetype/data/batch_loader.hpp>
#include <archetype/data/sample_reader.hpp>
#include <atomic>
#include <catch.hpp>
#include <set>

#include "augmentation_references.hpp"

namespace at = archetype;
using Catch::Contains;

namespace {
at::sample picture(std::size_t channels, std::size_t height = 5, std::size_t width = 7) {
    at::sample made{height, width, channels, std::vector<float>(height * width * channels), 3, {}};
    for (std::size_t i = 0; i < made.values.size(); ++i)
        made.values[i] = static_cast<float>(0.5 + 0.5 * std::sin(1.7 * static_cast<double>(i)));
    return made;
}
template <class Change>
double error_of(std::size_t channels, const std::vector<double>& wanted, const Change& change) {
    at::sample image = picture(channels);
    change(image);
    REQUIRE(image.values.size() == wanted.size());
    CHECK(image.label == 3);
    double worst = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(image.values[i]) - wanted[i]));
    return worst;
}
at::dataset numbered(std::size_t count, std::size_t height, std::size_t width, std::size_t channels) {
    at::dataset data{xt::xtensor<float, 4>::from_shape({count, height, width, channels}),
                     xt::xtensor<std::int32_t, 1>::from_shape({count})};
    for (std::size_t i = 0; i < data.samples.size(); ++i)
        data.samples.data()[i] = static_cast<float>(i % 97) / 97.f;
    for (std::size_t n = 0; n < count; ++n) data.labels(n) = static_cast<std::int32_t>(n % 4);
    return data;
}
}  // namespace

TEST_CASE("operations give what torchvision gives") {
    namespace to = augmentations;
    CHECK(error_of(3, to::cropped, [](auto& image) { at::crop(image, -1, 2, 5, 6); }) < 1e-8);
    CHECK(error_of(3, to::flipped, [](auto& image) { at::mirror(image, at::flip_direction::horizontal); }) <
          1e-8);
    CHECK(error_of(3, to::turned, [](auto& image) { at::affine(image, {.degrees = 30}); }) < 2e-6);
    CHECK(error_of(3, to::moved, [](auto& image) {
              at::affine(
                  image,
                  {.degrees = -12, .right = 1, .down = -2, .scale = 1.3, .shear_x = 15, .shear_y = -8});
          }) < 2e-6);
    CHECK(error_of(3, to::bright, [](auto& image) { at::adjust_brightness(image, 1.4); }) < 1e-6);
    CHECK(error_of(3, to::contrast, [](auto& image) { at::adjust_contrast(image, 0.6); }) < 1e-6);
    CHECK(error_of(1, to::gray_contrast, [](auto& image) { at::adjust_contrast(image, 1.7); }) < 1e-6);
    CHECK(error_of(3, to::saturated, [](auto& image) { at::adjust_saturation(image, 1.8); }) < 1e-6);
    CHECK(error_of(3, to::erased, [](auto& image) { at::erase(image, 1, 2, 3, 4, 0.25f); }) < 1e-8);
    // Upside down is a turn by 180 degrees and a mirror.
    at::sample turned = picture(3), mirrored = turned;
    at::affine(turned, {.degrees = 180});
    at::mirror(turned, at::flip_direction::horizontal);
    at::mirror(mirrored, at::flip_direction::vertical);
    for (std::size_t i = 0; i < turned.values.size(); ++i)
        REQUIRE(std::abs(turned.values[i] - mirrored.values[i]) < 1e-5f);
    at::sample moved = picture(1);
    at::affine(moved, {.right = 1e300}, 0.5f);
    CHECK(std::all_of(moved.values.begin(), moved.values.end(), [](float v) { return v == 0.5f; }));
}

TEST_CASE("operations refuse what makes no sense") {
    at::sample image = picture(2), bright = picture(3);
    bright.values[4] = 1.5f;
    CHECK_THROWS_WITH(at::adjust_contrast(image, 1), Contains("1 or 3 channels, found 2"));
    CHECK_THROWS_WITH(at::adjust_brightness(bright, 1), Contains("values from 0 to 1, found 1.5"));
    CHECK_THROWS_WITH(at::adjust_saturation(image, -1), Contains("a factor of at least 0, found -1"));
    CHECK_THROWS_WITH(at::affine(image, {.scale = 0}), Contains("a scale above 0"));
    CHECK_THROWS_WITH(at::affine(image, {.shear_x = 90}), Contains("between -90 and 90"));
    CHECK_THROWS_WITH(at::mask(image, at::sample_axis::rows, 3, 3), Contains("5 indices, found 3 from 3 on"));
    const at::dataset data = numbered(4, 6, 5, 1);
    const auto with = [&](const at::augmentation& step) {
        return at::augmented(at::reader_of(data), {step});
    };
    CHECK_THROWS_WITH(with(at::random_crop{8, 5}), Contains("at most 6 x 5 pixels, found 8 x 5"));
    CHECK_THROWS_WITH(with(at::random_flip{.probability = 1.1}), Contains("probability from 0 to 1"));
    CHECK_THROWS_WITH(with(at::random_rotation{200}), Contains("0 to 180 degrees"));
    CHECK_THROWS_WITH(with(at::random_affine{.least_scale = 2}), Contains("the least first"));
    CHECK_THROWS_WITH(with(at::random_brightness{2}), Contains("an amount from 0 to 1"));
    CHECK_THROWS_WITH(with(at::random_noise{-1}), Contains("a deviation of at least 0"));
    CHECK_THROWS_WITH(with(at::cutout{0}), Contains("a side of at least 1"));
    CHECK_THROWS_WITH(with(at::random_erasing{.least_area = 0.5, .most_area = 0.1}),
                      Contains("the least first"));
    CHECK_THROWS_WITH(with(at::time_masking{7}), Contains("at most 6 indices, found 7"));
    CHECK_THROWS_WITH(with(at::frequency_masking{6}), Contains("at most 5 indices, found 6"));
    CHECK_THROWS_WITH(at::mixed(at::reader_of(data), at::mix_up{0}, 4), Contains("an alpha above 0"));
    CHECK_THROWS_WITH(at::mixed(at::reader_of(data), at::mix_up{}, 0), Contains("at least one class"));
}

TEST_CASE("random changes depend on seed, epoch and sample alone, and stay in their ranges") {
    const at::dataset data = numbered(60, 6, 5, 3);
    const std::vector<at::augmentation> steps{at::random_crop{4, 5, 1},
                                              at::random_flip{},
                                              at::random_affine{10, 0.1, 0.1, 0.9, 1.1, 5},
                                              at::random_brightness{0.2},
                                              at::random_contrast{0.2},
                                              at::random_saturation{0.2},
                                              at::random_noise{0.1},
                                              at::cutout{2},
                                              at::random_erasing{},
                                              at::time_masking{2},
                                              at::frequency_masking{2, 2}};
    const at::sample_reader reader = at::augmented(at::reader_of(data), steps, 7);
    CHECK(reader.shape == std::array<std::size_t, 3>{4, 5, 3});
    const at::dataset first = at::read_all(reader, 1), again = at::read_all(reader, 1),
                      second = at::read_all(reader, 2),
                      other = at::read_all(at::augmented(at::reader_of(data), steps, 8), 1);
    CHECK(first.samples == again.samples);
    CHECK(first.labels == data.labels);
    CHECK(first.samples != second.samples);
    CHECK(first.samples != other.samples);

    // Shares over many samples, within four deviations.
    std::size_t flips = 0, lefts = 0, masked = 0;
    double sum = 0, squares = 0;
    constexpr std::size_t many = 4000;
    for (std::size_t n = 0; n < many; ++n) {
        at::sample_random random(1, 2, n);
        at::sample image = picture(1);
        at::random_flip{.probability = 0.25}(image, random);
        flips += image.values[0] != picture(1).values[0] ? 1 : 0;
        image = picture(1);
        at::random_crop{5, 6}(image, random);
        lefts += image.values[0] == picture(1).values[0] ? 1 : 0;
        image.values.assign(image.values.size(), 1.f);
        at::time_masking{3}(image, random);
        masked += static_cast<std::size_t>(std::count(image.values.begin(), image.values.end(), 0.f)) / 6;
        image.values.assign(1, 0.f);
        at::random_noise{2}(image, random);
        sum += static_cast<double>(image.values[0]);
        squares += static_cast<double>(image.values[0]) * static_cast<double>(image.values[0]);
    }
    CHECK(std::abs(static_cast<double>(flips) / many - 0.25) < 4 * std::sqrt(0.25 * 0.75 / many));
    CHECK(std::abs(static_cast<double>(lefts) / many - 0.5) < 4 * std::sqrt(0.25 / many));
    CHECK(std::abs(static_cast<double>(masked) / many - 1.5) < 4 * std::sqrt(1.25 / many));
    CHECK(std::abs(sum / many) < 4 * 2 / std::sqrt(many));
    CHECK(std::abs(squares / many - 4) < 4 * 4 * std::sqrt(2.0 / many));
}

TEST_CASE("mixtures have mixed targets") {
    const at::dataset data = numbered(40, 6, 6, 1);
    const at::sample_reader up = at::mixed(at::reader_of(data), at::mix_up{0.4}, 4, 3),
                            cut = at::mixed(at::reader_of(data), at::cut_mix{}, 4, 3);
    CHECK(up.target_size == 4);
    at::sample made, plain;
    bool partly = false;
    for (std::size_t n = 0; n < data.size(); ++n) {
        at::reader_of(data).read(n, 1, plain);
        up.read(n, 1, made);
        CHECK(std::accumulate(made.target.begin(), made.target.end(), 0.f) == Approx(1));
        const float share = made.target[n % 4];
        partly |= share > 0.1f && share < 0.9f;
        cut.read(n, 1, made);
        CHECK(std::accumulate(made.target.begin(), made.target.end(), 0.f) == Approx(1));
        std::size_t kept = 0;
        for (std::size_t i = 0; i < 36; ++i) kept += made.values[i] == plain.values[i] ? 1 : 0;
        CHECK(static_cast<float>(kept) >= 36 * made.target[n % 4] - 36 - 0.01f);
        if (made.target[n % 4] == 0.f) CHECK(kept < 36);
    }
    CHECK(partly);
    // The share of the area is that of the target where the other sample differs everywhere.
    at::sample ones{6, 6, 1, std::vector<float>(36, 1.f), 0, {}},
        zeros{6, 6, 1, std::vector<float>(36), 1, {}};
    double mean = 0, mean_up = 0, variance_up = 0;
    constexpr std::size_t many = 3000;
    for (std::size_t n = 0; n < many; ++n) {
        at::sample of = ones;
        at::sample_random random(5, 1, n);
        const double share = at::cut_mix{}(of, zeros, random);
        REQUIRE(static_cast<double>(std::accumulate(of.values.begin(), of.values.end(), 0.f)) ==
                Approx(36 * share));
        mean += share / many;
        of = ones;
        const double up_share = at::mix_up{0.2}(of, zeros, random);
        REQUIRE(static_cast<double>(of.values[7]) == Approx(up_share));
        mean_up += up_share / many;
        variance_up += (up_share - 0.5) * (up_share - 0.5) / many;
    }
    CHECK(mean > 0.5);
    // Beta(a, a): mean 1/2, variance 1 / (4 (2 a + 1)).
    CHECK(std::abs(mean_up - 0.5) < 4 * std::sqrt(1 / (4 * 1.4) / many));
    CHECK(variance_up == Approx(1 / (4 * 1.4)).epsilon(0.05));
}

TEST_CASE("batches are the same for any number of workers") {
    const at::dataset data = numbered(50, 3, 4, 2);
    const at::sample_reader reader =
        at::augmented(at::reader_of(data), {at::random_noise{1}, at::random_flip{}}, 3);
    const std::vector<std::size_t> order = at::shuffled_order(50, 9);
    std::vector<float> expected;
    std::vector<std::int32_t> labels;
    for (const at::loading_options options :
         {at::loading_options{0, 0}, {1, 1}, {1, 2}, {3, 4}, {4, 1}, {2, 100}}) {
        std::vector<float> samples;
        std::vector<std::int32_t> found;
        at::batch_loader loader(reader, order, 7, 2, options);
        CHECK(loader.size() == 8);
        for (std::size_t i = 0; i < loader.size(); ++i) {
            const at::sample_batch& batch = loader.next();
            CHECK(batch.size == (i == 7 ? 1 : 7));
            samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
            found.insert(found.end(), batch.labels.begin(), batch.labels.end());
        }
        CHECK_THROWS_AS(loader.next(), std::out_of_range);
        if (expected.empty()) {
            expected = samples;
            labels = found;
        }
        CHECK(samples == expected);
        CHECK(found == labels);
    }
    for (std::size_t i = 0; i < 50; ++i) CHECK(labels[i] == data.labels(order[i]));
}

TEST_CASE("what a reader throws comes where its batch would have") {
    std::atomic<int> reads = 0;
    const at::sample_reader reader{100, {1, 1, 1}, 0, [&](std::size_t n, std::size_t, at::sample& made) {
                                       ++reads;
                                       if (n == 25) throw std::runtime_error("sample 25 is lost");
                                       made = {1, 1, 1, {static_cast<float>(n)}, 0, {}};
                                       if (n == 90) made.target = {1};
                                   }};
    std::vector<std::size_t> order(100);
    std::iota(order.begin(), order.end(), 0);
    for (const std::size_t workers : {0, 1, 4}) {
        at::batch_loader loader(reader, order, 10, 1, {workers, 3});
        CHECK(loader.next().samples[9] == 9.f);
        loader.next();
        CHECK_THROWS_WITH(loader.next(), "sample 25 is lost");
        CHECK_THROWS_WITH(loader.next(), "sample 25 is lost");
    }
    {  // one that is not used to its end reads no further than it may
        reads = 0;
        at::batch_loader loader(reader, order, 5, 1, {2, 2});
        loader.next();
    }
    CHECK(reads <= 20);
    at::batch_loader wrong(reader, {90}, 1, 1);
    CHECK_THROWS_WITH(wrong.next(),
                      Contains("sample 90") && Contains("found 1 x 1 x 1 with 1 target numbers"));
    const std::vector<std::size_t> sizes{3, 1, 2};
    at::batch_loader parts(reader, {5, 4, 3, 2, 1, 0}, sizes, 1, {2, 2});
    for (const std::size_t size : sizes) CHECK(parts.next().size == size);
    CHECK_THROWS_AS(parts.next(), std::out_of_range);
    CHECK_THROWS_WITH(at::batch_loader(reader, {1}, sizes, 1), Contains("together 1 samples, found 6"));
    CHECK_THROWS_WITH(at::batch_loader(reader, {1}, 0, 1), Contains("a batch of at least 1"));
    CHECK_THROWS_WITH(at::batch_loader(reader, {1}, 1, 1, {1, 0}), Contains("a prefetch of at least 1"));
    CHECK_THROWS_WITH(at::read_all(at::reader_of(xt::xtensor<float, 4>(xt::zeros<float>({2, 1, 1, 1})),
                                                 xt::xtensor<float, 2>(xt::zeros<float>({2, 3})))),
                      Contains("class numbers as targets, found 3 numbers each"));
    CHECK_THROWS_WITH(at::reader_of(xt::xtensor<float, 4>(xt::zeros<float>({2, 1, 1, 1})),
                                    xt::xtensor<float, 2>(xt::zeros<float>({3, 3}))),
                      Contains("expected 2 targets"));
}
