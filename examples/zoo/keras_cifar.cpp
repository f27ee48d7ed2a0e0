// SPDX-License-Identifier: BSL-1.0
/// @file keras_cifar.cpp
/// Keras' CIFAR-10 example: `keras_cifar DATA [EPOCHS]` trains it and counts errors. The folder has data_batch_1.bin to
/// data_batch_5.bin and test_batch.bin, which are learnt moved, mirrored and with other colours in each epoch, or the digits of MNIST.
#include <archetype/data/augmentation/random_changes.hpp>
#include <archetype/data/cifar.hpp>
#include <archetype/training.hpp>
#include <archetype/training/fit/reading.hpp>
#include <archetype/zoo/keras_models.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace at = archetype;
namespace fs = std::filesystem;

namespace {

template <class Net>
double accuracy_after(std::size_t epochs, const at::sample_reader& train, const at::dataset& test) {
    std::fputs(at::summary<Net>().data(), stdout);
    at::model<Net> model{at::seed{1}};
    at::trainer trainer{model, at::cross_entropy{}, at::adam{.rate = 1e-3}};
    trainer.fit(train, {.epochs = epochs, .batch = 32});
    const at::evaluation result = trainer.evaluate(test);
    std::printf("\n%s\naccuracy on %zu others: %.2f %%\n", result.confusion.text().c_str(), test.size(),
                100 * result.accuracy);
    return result.accuracy;
}

double with_pictures(const fs::path& folder, std::size_t epochs) {
    std::vector<fs::path> batches;
    for (int i = 1; i <= 5; ++i)
        if (const fs::path batch = folder / ("data_batch_" + std::to_string(i) + ".bin"); fs::exists(batch))
            batches.push_back(batch);
    const at::dataset pictures = at::read_cifar10(batches);
    const at::sample_reader changed =
        at::augmented(at::reader_of(pictures),
                      {at::random_crop{.height = 32, .width = 32, .padding = 4}, at::random_flip{},
                       at::random_brightness{0.2}, at::random_contrast{0.2}, at::random_saturation{0.2}});
    return accuracy_after<at::zoo::keras_cifar<>>(epochs, changed,
                                                  at::read_cifar10({folder / "test_batch.bin"}));
}

}  // namespace

int main(int count, char** arguments) try {
    if (count < 2) {
        std::fputs("usage: keras_cifar DATA_FOLDER [EPOCHS]\n", stderr);
        return 2;
    }
    const fs::path folder = arguments[1];
    const std::size_t epochs = count > 2 ? std::stoul(arguments[2]) : 4;
    if (fs::exists(folder / "data_batch_1.bin")) return with_pictures(folder, epochs) >= 0.5 ? 0 : 1;
    const at::mnist digits = at::read_mnist(folder);
    return accuracy_after<at::zoo::keras_cifar<28, 1>>(epochs, at::reader_of(digits.train), digits.test) >=
                   0.97
               ? 0
               : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
