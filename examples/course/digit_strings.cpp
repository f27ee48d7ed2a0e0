// SPDX-License-Identifier: BSL-1.0
// Strings of one to five digits, read column by column: connectionist temporal classification is told which digits there are, and not where.
#include "lesson.hpp"

#include <archetype/data/scikit_learn.hpp>
#include <archetype/training.hpp>
#include <archetype/training/ctc.hpp>

constexpr std::size_t columns = 48, most = 5;
/// A step for two columns: scores of a blank, class 0, and of ten digits.
using reader = at::network<at::input<columns, 8>, at::conv1d<32, 5, at::same>, at::relu, at::max_pool1d<2>,
                           at::conv1d<48, 5, at::same>, at::relu, at::time_distributed<at::dense<11>>>;

struct strings {
    xt::xtensor<float, 3> images;         // [string][column][row]
    xt::xtensor<std::int32_t, 2> labels;  // class numbers, then -1
};

/// Digits side by side, up to two columns apart.
strings written_with(const at::dataset& digits, std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    strings made{xt::zeros<float>({count, columns, std::size_t{8}}), -xt::ones<std::int32_t>({count, most})};
    for (std::size_t n = 0; n < count; ++n) {
        const std::size_t length = 1 + random() % most;
        for (std::size_t i = 0, left = random() % 3; i < length; ++i, left += 8 + random() % 3) {
            left = std::min(left, columns - 8 * (length - i));
            const std::size_t digit = random() % digits.size();
            made.labels(n, i) = digits.labels(digit) + 1;
            for (std::size_t row = 0; row < 8; ++row)
                for (std::size_t column = 0; column < 8; ++column)
                    made.images(n, left + column, row) = digits.samples(digit, row, column, 0);
        }
    }
    return made;
}

std::string text_of(const std::vector<std::int32_t>& labels) {
    std::string text;
    for (const std::int32_t label : labels) text += static_cast<char>('0' + label - 1);
    return text;
}

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    const auto [known, held_out] = at::random_split(at::read_digits(lesson::data()), 1400, 1);
    at::model<reader> net{at::seed{1}};
    at::trainer trainer{net, at::ctc<most>{}, at::adam{.rate = 3e-3}, at::seed{2}};
    for (unsigned epoch = 1; epoch <= 16; ++epoch) {  // each with strings of its own
        const strings train = written_with(known, 3000, epoch);
        const at::history history = trainer.fit(
            train.images, train.labels,
            {.schedule = at::cosine_restarts{.rate = 5e-3, .period = 16 * 94},  // the updates of all epochs
             .progress = at::progress_style::silent});
        if (epoch % 4 == 0) std::cout << "epoch " << epoch << ", loss " << history[0].loss << '\n';
    }
    const strings others = written_with(held_out, 500, 0);
    const auto found = at::ctc_best_path(net(others.images));
    std::size_t right = 0;
    for (std::size_t n = 0; n < found.size(); ++n) {
        std::vector<std::int32_t> truth;
        for (std::size_t i = 0; i < most && others.labels(n, i) >= 0; ++i)
            truth.push_back(others.labels(n, i));
        if (n < 5) std::cout << text_of(truth) << " is read as " << text_of(found[n]) << '\n';
        if (found[n] == truth) ++right;
    }
    const double share = static_cast<double>(right) / static_cast<double>(found.size());
    std::cout << share << " of the strings are read without a fault\n";
    lesson.claim("of 100 strings of other digits more than 85 are", share > 0.85);
    return lesson.end();
}
