// SPDX-License-Identifier: BSL-1.0
/// @file dlib.cpp
/// Training with dlib: `dlib lenet5|mlp FOLDER` with the digits in the folder.
#include "../peers/dlib_networks.hpp"

#include <algorithm>
#include <numeric>
#include <random>

template <class Network>
void serve(const std::string& folder, std::size_t margin, std::size_t batch, double rate) {
    const peers::digits train = peers::read_digits(folder, "train", margin),
                        test = peers::read_digits(folder, "t10k", margin);
    std::vector<peers::image> images, test_images;
    for (const auto& image : train.images) images.push_back(peers::to_image(image));
    for (const auto& image : test.images) test_images.push_back(peers::to_image(image));
    Network network;
    dlib::dnn_trainer<Network> trainer(network, dlib::sgd(0, 0.9f));
    trainer.set_learning_rate(rate);
    trainer.set_mini_batch_size(batch);
    trainer.set_iterations_without_progress_threshold(1u << 30);  // the rate stays
    std::mt19937 random(1);
    std::vector<std::size_t> order(images.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    const auto epoch = [&] {
        std::shuffle(order.begin(), order.end(), random);
        for (std::size_t first = 0; first < order.size(); first += batch) {
            std::vector<peers::image> some;
            std::vector<unsigned long> labels;
            for (std::size_t i = first; i < std::min(first + batch, order.size()); ++i) {
                some.push_back(images[order[i]]);
                labels.push_back(train.labels[order[i]]);
            }
            trainer.train_one_step(some, labels);
        }
        trainer.get_net();  // waits for the last step
    };
    const auto accuracy = [&] {
        const std::vector<unsigned long> answers = network(test_images);
        std::size_t right = 0;
        for (std::size_t i = 0; i < answers.size(); ++i) right += answers[i] == test.labels[i] ? 1 : 0;
        return double(right) / double(answers.size());
    };
    peers::serve({{"epoch", [&](std::ostream& out) { out << peers::seconds(epoch); }},
                  {"accuracy", [&](std::ostream& out) { out << accuracy(); }}});
}

int main(int, char** arguments) {
    if (arguments[1] == std::string("lenet5"))
        serve<peers::lenet5>(arguments[2], 2, 32, 0.02);
    else
        serve<peers::mlp>(arguments[2], 0, 64, 0.05);
}
