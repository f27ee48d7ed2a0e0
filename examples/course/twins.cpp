// SPDX-License-Identifier: BSL-1.0
// Digits as points of a plane: one tower sees three digits (triplet loss) or two (contrastive loss), and learns which are of a kind. Others
// are told by the nearest point that is known.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/statistics/pca.hpp>
#include <archetype/training.hpp>
#include <archetype/training/twin_losses.hpp>
#include <cmath>
#include <limits>

template <at::name Name>
using digit = at::named<Name, at::input<8, 8, 1>>;
using layers = at::sequence<at::conv2d<16, 3>, at::relu, at::flatten, at::dense<64>, at::relu, at::dense<2>>;
using tower = at::shared<"tower", layers>;
// A merge puts the result before it first: the anchor, then its like, then the other.
using triplets =
    at::network<digit<"anchor">, tower, at::point<"a">, digit<"like">, tower, at::point<"b">, digit<"unlike">,
                tower, at::point<"c">, at::from<"a">, at::merge<at::concatenate, "b", "c">>;
using pairs =
    at::network<digit<"left">, tower, at::point<"a">, digit<"right">, tower, at::merge<at::concatenate, "a">>;
using plane = at::network<at::input<8, 8, 1>, layers>;
static_assert(at::parameter_count<triplets> == at::parameter_count<plane>);

using points = xt::xtensor<double, 2>;

/// The share of `asked` whose nearest point of `known` has their label.
double nearest_accuracy(const points& known, const at::dataset& of_known, const points& asked,
                        const at::dataset& of_asked) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < of_asked.size(); ++i) {
        std::size_t nearest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < of_known.size(); ++k) {
            const double apart = std::hypot(known(k, 0) - asked(i, 0), known(k, 1) - asked(i, 1));
            if (apart < least) least = apart, nearest = k;
        }
        if (of_known.labels(nearest) == of_asked.labels(i)) ++right;
    }
    return static_cast<double>(right) / static_cast<double>(of_asked.size());
}

at::plot picture_of(const std::string& title, const points& places, const at::dataset& digits) {
    at::plot picture(title, "first", "second");
    for (int c = 0; c < 10; ++c) {
        std::vector<double> first, second;
        for (std::size_t i = 0; i < digits.size(); ++i)
            if (digits.labels(i) == c) first.push_back(places(i, 0)), second.push_back(places(i, 1));
        picture.points(first, second, std::to_string(c));
    }
    return picture;
}

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto [known, held_out] = at::random_split(at::read_digits(lesson::data()), 1400, 1);
    std::mt19937 random(1);
    // For each known digit the number of one of the same kind, or of another.
    const auto partners = [&, &known = known](const auto& same) {
        std::vector<std::size_t> numbers(known.size());
        for (std::size_t i = 0; i < known.size(); ++i) {
            do {
                numbers[i] = random() % known.size();
            } while (numbers[i] == i || (known.labels(numbers[i]) == known.labels(i)) != same(i));
        }
        return known.select(numbers).samples;
    };
    const auto yes = [](std::size_t) { return true; };
    const auto no = [](std::size_t) { return false; };
    const auto judge = [&, &known = known, &held_out = held_out](const std::string& name, auto&& place) {
        const points others = place(held_out.samples);
        const double accuracy = nearest_accuracy(place(known.samples), known, others, held_out);
        std::cout << name << ": " << accuracy << " of other digits are near one of their kind\n";
        return std::pair{accuracy, picture_of(name, others, held_out)};
    };
    const auto judge_tower = [&](const std::string& name, const auto& twins) {
        at::model<plane> eye;  // the tower alone
        std::copy_n(twins.data(), eye.size(), eye.data());
        return judge(name, eye);
    };
    const at::fit_options once{.progress = at::progress_style::silent};

    const auto flat = [](const auto& images) {
        return xt::xtensor<double, 2>(xt::reshape_view(images, {images.shape()[0], std::size_t{64}}));
    };
    const at::statistics::pca principal(flat(known.samples), 2);
    const double by_pca =
        judge("PCA", [&](const auto& images) { return principal.transform(flat(images)); }).first;

    at::model<triplets> three{at::seed{1}};
    at::trainer comparing{three, at::triplet_loss{}, at::adam{.rate = 2e-3}};
    for (int round = 0; round < 30; ++round)  // with others each time
        comparing.fit(std::tuple{known.samples, partners(yes), partners(no)}, at::no_targets(known.size()),
                      once);
    const auto [by_triplets, after_triplets] = judge_tower("Triplet loss", three);

    at::model<pairs> two{at::seed{1}};
    at::trainer pairing{two, at::contrastive_loss{}, at::adam{.rate = 2e-3}};
    const auto half = [](std::size_t i) { return i % 2 == 0; };
    auto alike = xt::xtensor<float, 2>::from_shape({known.size(), 1});
    for (std::size_t i = 0; i < known.size(); ++i) alike(i, 0) = half(i) ? 1 : 0;
    for (int round = 0; round < 30; ++round)
        pairing.fit(std::tuple{known.samples, partners(half)}, alike, once);
    const auto [by_pairs, after_pairs] = judge_tower("Contrastive loss", two);

    lesson.show(after_triplets, "twins_triplets.png");
    lesson.show(after_pairs, "twins_contrastive.png");
    lesson.claim("nine of ten digits lie near one of their kind", by_triplets > 0.9 && by_pairs > 0.9);
    lesson.claim("the first two principal components do not tell them apart", by_pca < 0.7);
    return lesson.end();
}
