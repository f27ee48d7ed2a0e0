// SPDX-License-Identifier: BSL-1.0
/// @file dlib_train.cpp
/// What examples/mnist/train.cpp does, with dlib: trains LeNet-5 on digits, tests it and saves it. For its compile time.
#include <dlib/data_io.h>
#include <dlib/dnn.h>
#include <iostream>

using namespace dlib;
template <class Below>
using first = avg_pool<2, 2, 2, 2, htan<con<6, 5, 5, 1, 1, Below>>>;
template <class Below>
using second = avg_pool<2, 2, 2, 2, htan<con<16, 5, 5, 1, 1, Below>>>;
using image = input<matrix<unsigned char>>;
using lenet5 = loss_multiclass_log<fc<10, htan<fc<84, htan<fc<120, second<first<image>>>>>>>>;

int main(int, char** arguments) {
    std::vector<matrix<unsigned char>> images, test_images;
    std::vector<unsigned long> labels, test_labels;
    load_mnist_dataset(arguments[1], images, labels, test_images, test_labels);
    lenet5 net;
    dnn_trainer<lenet5, adam> trainer(net, adam());
    trainer.set_learning_rate(1e-3);
    trainer.set_mini_batch_size(32);
    trainer.set_max_num_epochs(12);
    trainer.be_verbose();
    trainer.train(images, labels);
    net.clean();
    const std::vector<unsigned long> answers = net(test_images);
    std::size_t right = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) right += answers[i] == test_labels[i] ? 1 : 0;
    std::cout << "accuracy " << double(right) / double(answers.size()) << "\n";
    serialize(arguments[2]) << net;
}
