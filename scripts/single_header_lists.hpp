// SPDX-License-Identifier: BSL-1.0
// The functions of Boost.Mp11 that headers of archetype use, for single files without Boost.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

namespace archetype::detail::lists {

using std::index_sequence;
using std::index_sequence_for;
using std::make_index_sequence;

template <class...>
struct mp_list {};

template <class T>
struct mp_identity {
    using type = T;
};

template <bool Condition, class Then, class Else>
using mp_if_c = std::conditional_t<Condition, Then, Else>;

template <class List>
struct mp_size;
template <template <class...> class List, class... Parts>
struct mp_size<List<Parts...>> : std::integral_constant<std::size_t, sizeof...(Parts)> {};

template <std::size_t I, class Part>
struct numbered {};
template <class Numbers, class... Parts>
struct indexed;
template <std::size_t... Numbers, class... Parts>
struct indexed<std::index_sequence<Numbers...>, Parts...> : numbered<Numbers, Parts>... {};
template <std::size_t I, class Part>
mp_identity<Part> part_at(const numbered<I, Part>*);
template <class List>
struct index_of_list;
template <template <class...> class List, class... Parts>
struct index_of_list<List<Parts...>> {
    using type = indexed<std::index_sequence_for<Parts...>, Parts...>;
};
template <class List, std::size_t I>
using mp_at_c =
    typename decltype(part_at<I>(static_cast<typename index_of_list<List>::type*>(nullptr)))::type;

template <class... Lists>
struct append {
    using type = mp_list<>;
};
template <template <class...> class List, class... Parts>
struct append<List<Parts...>> {
    using type = List<Parts...>;
};
template <template <class...> class A, class... As, template <class...> class B, class... Bs, class... Lists>
struct append<A<As...>, B<Bs...>, Lists...> : append<A<As..., Bs...>, Lists...> {};
// Four at a time: a network appends the lists of all its parts.
template <template <class...> class A, class... As, template <class...> class B, class... Bs,
          template <class...> class C, class... Cs, template <class...> class D, class... Ds,
          template <class...> class E, class... Es, class... Lists>
struct append<A<As...>, B<Bs...>, C<Cs...>, D<Ds...>, E<Es...>, Lists...>
    : append<A<As..., Bs..., Cs..., Ds..., Es...>, Lists...> {};
template <class... Lists>
using mp_append = typename append<Lists...>::type;

template <template <class...> class F, class List>
struct apply;
template <template <class...> class F, template <class...> class List, class... Parts>
struct apply<F, List<Parts...>> {
    using type = F<Parts...>;
};
template <template <class...> class F, class List>
using mp_apply = typename apply<F, List>::type;

template <class List, class... New>
struct push;
template <template <class...> class List, class... Parts, class... New>
struct push<List<Parts...>, New...> {
    using back = List<Parts..., New...>;
    using front = List<New..., Parts...>;
};
template <class List, class... New>
using mp_push_back = typename push<List, New...>::back;
template <class List, class... New>
using mp_push_front = typename push<List, New...>::front;

template <template <class...> class F, class List>
struct transformed;
template <template <class...> class F, template <class...> class List, class... Parts>
struct transformed<F, List<Parts...>> {
    using type = List<F<Parts>...>;
};
template <template <class...> class F, class List>
using mp_transform = typename transformed<F, List>::type;

template <class List>
struct each;
template <template <class...> class List, class... Parts>
struct each<List<Parts...>> {
    template <class F>
    static constexpr F call(F&& f) {
        (f(Parts{}), ...);
        return static_cast<F&&>(f);
    }
};
template <class List, class F>
constexpr F mp_for_each(F&& f) {
    return each<List>::template call<F>(static_cast<F&&>(f));
}

}  // namespace archetype::detail::lists
