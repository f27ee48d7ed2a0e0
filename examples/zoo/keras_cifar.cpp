// SPDX-License-Identifier: BSL-1.0
/// @file keras_cifar.cpp
/// Keras' CIFAR-10 example, here for digits of 28 x 28 in grey: `keras_cifar DATA [EPOCHS]` trains it and counts errors.
#include <archetype/training.hpp>
#include <archetype/zoo/keras_models.hpp>
#include <cstdio>
#include <exception>

namespace at = archetype;

int main(int count, char** arguments) try {
    if (count < 2) {
        std::fputs("usage: keras_cifar DATA_FOLDER [EPOCHS]\n", stderr);
        return 2;
    }
    const std::size_t epochs = count > 2 ? std::stoul(arguments[2]) : 4;
    using net = at::zoo::keras_cifar<28, 1>;
    std::fputs(at::summary<net>().data(), stdout);
    const at::mnist digits = at::read_mnist(arguments[1]);
    at::model<net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 1e-3}};
    trainer.fit(digits.train, {.epochs = epochs, .batch = 32});
    const at::evaluation result = trainer.evaluate(digits.test);
    std::printf("\n%s\naccuracy on %zu test digits: %.2f %%\n", result.confusion.text().c_str(),
                digits.test.size(), 100 * result.accuracy);
    return result.accuracy >= 0.97 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
