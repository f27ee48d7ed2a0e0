// SPDX-License-Identifier: BSL-1.0
/// @file named_parameters.hpp
/// The parameters of a model as a Hana sequence of (name, xtensor view) pairs.
#pragma once
#include <archetype/execution/host/model.hpp>

#include <boost/hana/for_each.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, std::size_t Slot, class T>
auto named_parameter(T* parameters) {
    using path = parameter_path<Net, Slot>;
    constexpr shape extents = path::tensor.extents;
    return [&]<std::size_t... C>(std::index_sequence<C...>) {
        return boost::hana::make_pair(
            boost::hana::string_c<constant_text<path>::text.data[C]...>,
            xt::adapt(parameters + path::slot.offset, static_cast<std::size_t>(extents.size()),
                      xt::no_ownership(), extents_of<extents>()));
    }
    (std::make_index_sequence<constant_text<path>::length>{});
}

template <class Net, class T>
auto named_parameters(T* parameters) {
    return [&]<std::size_t... Slot>(std::index_sequence<Slot...>) {
        return boost::hana::make_tuple(named_parameter<Net, Slot>(parameters)...);
    }
    (std::make_index_sequence<parameters_of<Net>.size()>{});
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A Hana tuple of pairs: the name ("conv2d/kernel", a `hana::string`) and a view that reads and writes the parameter, in
/// Keras' layout. Trainable parameters first, then moving statistics.
///
///     hana::for_each(at::parameters(net), [](auto&& pair) { std::cout << hana::first(pair).c_str(); });
///
/// Views stay valid as long as the model; call `parameters` again before writing after the model was run.
template <class Net, class T>
auto parameters(model<Net, T>& net) {
    return detail::named_parameters<Net>(net.data());
}
template <class Net, class T>
auto parameters(const model<Net, T>& net) {
    return detail::named_parameters<Net>(net.data());
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
