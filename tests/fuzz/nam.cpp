// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/nam.hpp>
#include <archetype/zoo/amp_wavenet.hpp>

namespace at = archetype;
namespace zoo = at::zoo;

namespace {

using cell = at::lstm<2, at::return_sequences, at::given_initial_state>;
using head = at::dense<1, at::last_axis>;
using plain = zoo::amp_layers<zoo::amp_layer<3, 1>, zoo::amp_layer<3, 3>>;
using gated = zoo::amp_layers<zoo::amp_layer<3, 1, at::tanh, zoo::blended<at::relu>>,
                              zoo::amp_layer<3, 3, at::relu, zoo::gated<>>>;

template <class... Layers>
void read_as(const fuzz::file& stored, const at::nam_options& options = {}) {
    static at::model<at::network<at::input<16, 1>, Layers...>> model;
    (void)at::try_load_nam(model, stored.path(), options);
}

}  // namespace

void fuzz::read(input bytes) {
    const file stored(bytes);
    read_as<cell, cell, head>(stored, {.submodel = 0});
    read_as<at::conv1d<2, 2, at::causal>, at::relu, at::conv1d<2, 2, at::causal, at::dilation<4>>, at::relu,
            head>(stored, {.size = 0.3});
    read_as<zoo::amp_stack<zoo::amp_stack<at::identity, zoo::amp_array<2, plain, zoo::amp_head<3>>>,
                           zoo::amp_array<2, plain, zoo::amp_head<1>>>>(stored);
    read_as<zoo::amp_stack<at::identity, zoo::amp_array<2, gated, zoo::amp_head<1>>>>(stored);
}
