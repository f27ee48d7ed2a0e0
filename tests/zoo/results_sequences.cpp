// SPDX-License-Identifier: BSL-1.0
// Networks of sequences and of texts: counts, and results against PyTorch.
#include <archetype/architecture/streaming.hpp>
#include "execution/numbers.hpp"
#include "sequence_networks.hpp"
#include "sequence_references.hpp"

#include <catch.hpp>
#include <cmath>

namespace at = archetype;
namespace zoo = archetype::zoo;

namespace {

// The paper's table 1 says 70 K for sequences of pixels, weight normalization's factors among them.
using pixels = zoo::tcn<784, 1, 10>;
static_assert(at::parameter_count<pixels> == 66'510 && at::parameter_count<pixels> + 2 * 8 * 25 == 66'910);
static_assert(at::receptive_field_of<zoo::tcn<4000, 1, 10>>.width == 1 + 2 * 6 * 255);
static_assert(at::streamable<pixels> && at::latency_steps<pixels> == 0);

// "8.3 million parameters": section 3.4.
static_assert(at::parameter_count<zoo::crnn<>> == 8'326'693);
static_assert(at::output_shape<zoo::crnn<>> == at::shape{24, 37});

// Frames of 12.5 ms at 24 kHz, three cycles of dilations up to 512.
using vocoder = zoo::wavenet_vocoder<4>;
static_assert(at::output_shape<vocoder> == at::shape{1200, 30});
static_assert(at::output_shape<vocoder, "layers/29"> == at::shape{1200, 256});
static_assert(at::parameter_count<vocoder, "layers/0"> ==
              (3 * 512 + 80 + 1) * 1024 + (512 + 1) * (256 + 512));

template <class Result, std::size_t Count>
void compare(const Result& found, const double (&wanted)[Count]) {
    REQUIRE(found.size() == Count);
    double most = 0;
    for (std::size_t i = 0; i < Count; ++i) {
        const double apart = std::abs(found.data()[i] - wanted[i]);
        if (!(apart <= most)) most = apart;
    }
    CHECK(most < 1e-12);
}

}  // namespace

TEST_CASE("a temporal convolutional network agrees with PyTorch") {
    at::model<networks::tcn, double> net;
    numbers::set_parameters(net);
    compare(net(numbers::samples<networks::tcn, double>(2)), references::tcn);
}

TEST_CASE("a reader of text lines agrees with PyTorch") {
    at::model<networks::crnn, double> net;
    numbers::set_parameters(net);
    for (const at::detail::parameter_slot& slot : at::detail::parameters_of<networks::crnn>.slots) {
        const at::parameter& tensor = at::facts_of<networks::crnn>.nodes[slot.node].parameters[slot.index];
        for (std::size_t i = 0; tensor.trainable && i < tensor.extents.size(); ++i)
            net.data()[slot.offset + i] /= 8;
    }
    compare(net(numbers::samples<networks::crnn, double>(2)), references::crnn);
}

TEST_CASE("a vocoder agrees with PyTorch") {
    at::model<networks::vocoder, double> net;
    numbers::set_parameters(net);
    xt::xtensor<double, 3> samples = xt::zeros<double>({2, 12, 1});
    numbers::source from(4);
    for (double& sample : samples) sample = from.next();
    compare(net(numbers::samples<networks::vocoder, double>(2), samples), references::vocoder);
}
