// SPDX-License-Identifier: BSL-1.0
/// @file forms.hpp
/// In which forms a network runs, asked of its type: a line for tools/forms_page.py. Nothing of it is executed.
#pragma once
#include <archetype/inference.hpp>
#include <archetype/interchange/onnx/layers.hpp>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace forms {

namespace at = archetype;

/// The name of an enumerator.
template <auto Value>
constexpr std::string_view name_of() {
    constexpr std::string_view all = __PRETTY_FUNCTION__;
    constexpr std::string_view end = all.substr(0, all.find_first_of(";]", all.find("Value = ")));
    return end.substr(end.rfind(':') + 1);
}

/// What `ask` says of all steps of `Net` with a layer.
template <class Net, class Ask>
constexpr bool all_steps(const Ask& ask) {
    bool all = true;
    at::detail::for_each_step<Net, at::detail::purpose::inference>([&]<class Step>(Step) {
        if constexpr (!Step::now.copies) all = all && ask(Step{});
    });
    return all;
}

/// It is there; a body that is not compiled.
template <class Step>
concept infers = requires {
    &at::detail::lowering_of<Step>::template infer<Step, float, false, typename Step::activations>;
};
template <class Step>
concept learns = requires {
    &at::detail::lowering_of<Step>::template train<Step, float, typename Step::activations>;
    &at::detail::lowering_of<Step>::template backward<Step, float, typename Step::activations>;
};

/// The first result of samples that are all 0.25, with parameters of 0.5, by the definition of each layer.
template <class Net>
constexpr float first_result() {
    constexpr const auto& plan = at::detail::inference_plan<Net>;
    constexpr std::size_t inputs = std::size(plan.inputs), outputs = std::size(plan.outputs);
    std::array<float, at::inference_weight_count<Net> + at::constant_weights_slack> weights{};
    for (float& weight : weights) weight = 0.5f;
    constexpr std::size_t most = [] {
        std::size_t size = 0;
        for (const std::size_t v : plan.inputs)
            if (plan.values[v].extents.size() > size) size = plan.values[v].extents.size();
        for (const std::size_t v : plan.outputs)
            if (plan.values[v].extents.size() > size) size = plan.values[v].extents.size();
        return size;
    }();
    std::array<float, most> sample{};
    for (float& value : sample) value = 0.25f;
    std::array<std::array<float, most>, outputs> result{};
    std::array<const float*, inputs> in{};
    std::array<float*, outputs> out{};
    for (auto& one : in) one = sample.data();
    for (std::size_t k = 0; k < outputs; ++k) out[k] = result[k].data();
    at::detail::run_reference<Net, float>(weights.data(), in, out);
    return result[0][0];
}
/// The compiler computes it, whatever it is: a NaN is a result, too.
template <class Net>
concept is_constant = requires {
    typename std::bool_constant<(first_result<Net>(), true)>;
};

template <class Net, class Number>
std::string_view in_integers() {
    constexpr at::integer_rule broken = at::integer_fault_of<Net, Number>.broken;
    return broken == at::integer_rule::ok ? "yes" : name_of<broken>();
}
template <class Net>
std::string_view in_streams() {
    constexpr at::rule broken = at::detail::stream_fault<Net, 1>::value.broken;
    if constexpr (broken != at::rule::ok)
        return name_of<broken>();
    else
        return at::detail::layer_without_stream_form<Net> == at::none ? "yes" : "has_no_stream_form";
}
/// Of a network that has both a form with integers and a stream.
template <class Net, class Number>
std::string_view in_integer_streams() {
    if constexpr (!at::streamable<Net> || !at::quantizable<Net, Number>)
        return "";
    else
        return at::quantized_streamable<Net, Number> ? "yes" : "has_no_integer_stream_form";
}
template <class Net>
std::string_view with_narrow_weights() {
    return at::int8_weight_count<Net> != 0        ? "yes"
           : at::inference_weight_count<Net> != 0 ? "as_they_are"
                                                  : "";
}
template <class Net>
bool in_onnx() {
    return []<class... Layers>(boost::mp11::mp_list<Layers...>) {
        return (at::detail::has_onnx_form<Layers> && ...);
    }(boost::mp11::mp_rename<at::detail::layers_of<Net>, boost::mp11::mp_list>{});
}

/// One line, cells between tabulators.
template <class Net>
void print(const char* name) {
    using shown [[maybe_unused]] = typename at::detail::report<Net>::type::shown;
    const auto yes = [](bool there) { return std::string(there ? "yes" : "no"); };
    const std::string cells[] = {yes(all_steps<Net>([]<class Step>(Step) { return infers<Step>; })),
                                 yes(all_steps<Net>([]<class Step>(Step) { return learns<Step>; })),
                                 yes(is_constant<Net>),
                                 std::string(in_integers<Net, std::int8_t>()),
                                 std::string(in_integers<Net, std::int16_t>()),
                                 std::string(with_narrow_weights<Net>()),
                                 std::string(in_streams<Net>()),
                                 std::string(in_integer_streams<Net, std::int8_t>()),
                                 std::string(in_integer_streams<Net, std::int16_t>()),
                                 yes(in_onnx<Net>())};
    std::printf("%s", name);
    for (const std::string& cell : cells) std::printf("\t%s", cell.c_str());
    std::printf("\n");
}

/// A line for each rule of integers that is not `ok`.
template <std::size_t... I>
void print_rules(std::index_sequence<I...>) {
    (std::printf("%s\t%s\n", std::string(name_of<static_cast<at::integer_rule>(I)>()).c_str(),
                 std::string(at::sentence(static_cast<at::integer_rule>(I)).data(),
                             at::sentence(static_cast<at::integer_rule>(I)).size())
                     .c_str()),
     ...);
}

}  // namespace forms
