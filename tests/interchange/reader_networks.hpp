// SPDX-License-Identifier: BSL-1.0
/// @file reader_networks.hpp
/// Networks that damaged files are read into, by the mutation test and by the fuzzer.
#pragma once
#include <algorithm>
#include <archetype/architecture/parts/bidirectional.hpp>
#include <archetype/interchange/keras_json.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace testing {

namespace at = archetype;

using keras_network =
    at::network<at::input<8, 1>, at::dense<8, at::last_axis>, at::tanh,
                at::conv1d<4, 3, at::causal, at::dilation<2>>, at::tanh,
                at::gru<8, at::return_sequences, at::reset_after>, at::dense<1, at::last_axis>>;
using torch_network = at::network<at::input<4, 2>, at::bidirectional<at::lstm<3, at::return_sequences>>,
                                  at::bidirectional<at::gru<2, at::return_sequences, at::reset_after>>,
                                  at::simple_rnn<2, at::return_sequences>, at::flatten, at::dense<1>>;
using image_network = at::network<at::input<4, 4, 2>, at::conv2d<2, 3>, at::batch_norm<at::epsilon<1e-5>>,
                                  at::flatten, at::dense<1>>;

/// Reads bytes with every reader: nothing may be thrown, a failure leaves the model as it is and says something, and what loads
/// is finite. Whether one of them loaded.
inline bool read_with_all(const std::vector<std::byte>& bytes) {
    bool any = false;
    const auto attempt = [&]<class Net>(at::model<Net>& net, auto read) {
        std::fill_n(net.data(), net.size(), 0.5f);
        const std::string said = read(net);
        const bool kept = std::all_of(net.data(), net.data() + net.size(), [](float x) { return x == 0.5f; });
        const bool finite =
            std::all_of(net.data(), net.data() + net.size(), [](float x) { return std::isfinite(x); });
        if (said.empty() ? !finite : !kept) std::abort();
        any = any || said.empty();
    };
    static at::model<keras_network> keras;
    static at::model<torch_network> torch;
    static at::model<image_network> image;
    static const std::vector<at::state_dict_module> modules{"0.module", "0.module", "1.module",
                                                            "1.module", "2.module", "4"},
        image_modules{"0", "1", "3"};
    attempt(keras, [&](auto& net) {
        const auto read =
            at::detail::read_keras_json(net, at::detail::try_parse_json(bytes, "damaged"),
                                        at::recurrent_dialect::keras(at::reset_form::after), {});
        return read ? std::string() : read.failure().message();
    });
    for (const char* const member : {"", "state_dict"}) {
        const at::state_dict_options options{
            .epsilon = 1e-5, .member = member, .skip_keys = {"input", "output"}};
        attempt(torch, [&](auto& net) {
            const auto failure = at::detail::parse_state_dict(net, bytes, "damaged", modules,
                                                              at::recurrent_dialect::pytorch(), options);
            return failure ? failure->message() : std::string();
        });
        attempt(image, [&](auto& net) {
            const auto failure = at::detail::parse_state_dict(net, bytes, "damaged", image_modules,
                                                              at::recurrent_dialect::pytorch(), options);
            return failure ? failure->message() : std::string();
        });
    }
    return any;
}

}  // namespace testing
