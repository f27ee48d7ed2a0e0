// SPDX-License-Identifier: BSL-1.0
// Files of recurrent models: what is saved comes back; a layer of another size is refused by name, and nothing changes.
#include <archetype/interchange/model_file.hpp>

#include "checks.hpp"
#include "temporary_directory.hpp"

namespace at = archetype;

namespace {
template <std::size_t Units>
using effect = at::network<at::input<8, 1>, at::lstm<Units>, at::dense<1>>;
static_assert(at::parameter_count<effect<16>, "lstm"> == 1'152 &&
              at::parameter_count<effect<20>, "lstm"> == 1'760);
}  // namespace

TEST_CASE("FL-20: an LSTM of 20 units does not fit a model for 16") {
    const testing::temporary_directory folder;
    const auto path = folder.path() / "20.safetensors";
    at::save(at::model<effect<20>>{at::seed{1}}, path);
    at::model<effect<16>> net{at::seed{2}};
    const std::vector<float> before(net.data(), net.data() + net.size());
    try {
        at::load(net, path);
        FAIL("it was loaded");
    } catch (const at::load_error& error) {
        const std::string text = error.what();
        for (const char* part : {"lstm/kernel", "(1, 64)", "(1, 80)", "lstm/recurrent_kernel", "(16, 64)",
                                 "(20, 80)", "lstm/bias", "(64)", "(80)"}) {
            INFO(part << " in " << text);
            CHECK(text.find(part) != std::string::npos);
        }
    }
    CHECK(std::vector<float>(net.data(), net.data() + net.size()) == before);
}

TEST_CASE("recurrent models come back from files bit for bit") {
    using stored =
        at::network<at::input<6>, at::embedding<9, 4>, at::gru<5, at::reset_after, at::return_sequences>,
                    at::lstm<3, at::diagonal_peepholes, at::given_initial_state>>;
    const testing::temporary_directory folder;
    at::model<stored> net{at::seed{5}}, loaded{at::seed{6}};
    net.data()[net.trainable_size()] = 0.25f;  // the given state
    at::save(net, folder.path() / "net.safetensors");
    at::load(loaded, folder.path() / "net.safetensors");
    const xt::xtensor<float, 1> numbers{0, 8, 3, 3, 1, 2};
    CHECK((loaded(numbers) == net(numbers)));
    net.data()[net.trainable_size()] = 0;
    CHECK_FALSE((loaded(numbers) == net(numbers)));
}
