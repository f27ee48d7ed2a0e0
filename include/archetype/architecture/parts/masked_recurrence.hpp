// SPDX-License-Identifier: BSL-1.0
/// @file masked_recurrence.hpp
/// Recurrent layers with `padding_mask`: a mask goes beside each of a stack of layers.
#pragma once
#include <archetype/architecture/layers/attention/attention.hpp>
#include <archetype/architecture/layers/recurrent.hpp>

namespace archetype::detail {

template <class Option>
struct is_padding_mask : std::false_type {};
template <name Point>
struct is_padding_mask<padding_mask<Point>> : std::true_type {};
template <class... Options>
inline constexpr bool with_padding_mask = (is_padding_mask<Options>::value || ...);

/// The mask as one more channel, then `Named` of the layer that knows it.
template <template <class...> class Layer, template <class> class Named, class... Options>
using mask_and_layer = sequence<typename masking_of<Options...>::before,
                                Named<boost::mp11::mp_apply<Layer, types_but<is_padding_mask, Options...>>>>;
/// What stands for a layer with `padding_mask`.
template <class Layer, template <class> class Named>
struct masked_recurrence;
template <template <std::size_t, class...> class Layer, std::size_t Units, class... Options,
          template <class> class Named>
struct masked_recurrence<Layer<Units, Options...>, Named> {
    template <class... Others>
    using layer = Layer<Units, Others..., masked>;
    using type = mask_and_layer<layer, Named, Options...>;
};
template <std::size_t Units, class Cell, class... Options, template <class> class Named>
struct masked_recurrence<recurrent<Units, Cell, Options...>, Named> {
    template <class... Others>
    using layer = recurrent<Units, Cell, Others..., masked>;
    using type = mask_and_layer<layer, Named, Options...>;
};
template <class Layer>
using without_name = Layer;
template <name Name>
struct with_name {
    template <class Layer>
    using type = named<Name, Layer>;
};

template <class Layer>
inline constexpr bool has_padding_mask = false;
template <template <std::size_t, class...> class Layer, std::size_t Units, class... Options>
inline constexpr bool has_padding_mask<Layer<Units, Options...>> = with_padding_mask<Options...>;
template <std::size_t Units, class Cell, class... Options>
inline constexpr bool has_padding_mask<recurrent<Units, Cell, Options...>> = with_padding_mask<Options...>;
template <class Layer>
concept recurrent_with_padding_mask = has_padding_mask<Layer> && Layer::role == layer_role::recurrent;

template <recurrent_with_padding_mask Layer>
struct part<Layer> : part<typename masked_recurrence<Layer, without_name>::type> {};
template <name Name, recurrent_with_padding_mask Layer>
struct part<named<Name, Layer>>
    : part<typename masked_recurrence<Layer, with_name<Name>::template type>::type> {};

}  // namespace archetype::detail
