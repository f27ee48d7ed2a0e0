// SPDX-License-Identifier: BSL-1.0
#include "call.hpp"

#include <archetype/data/file_error.hpp>

namespace archetype::evaluate {

void call::fail(std::string expected, std::string found) const {
    throw file_error({model_->path + ", node " + graph::place_text(*model_, *node_), std::move(expected),
                      std::move(found)});
}

std::string call::name_of_input(std::size_t index) const {
    const graph::value_id id = index < node_->inputs.size() ? node_->inputs[index] : graph::no_value;
    return "input " + std::to_string(index) +
           (id == graph::no_value ? "" : " \"" + model_->values[id].name + "\"");
}

const datum& call::given(std::size_t index) const {
    if (!has(index)) fail("at least " + std::to_string(index + 1) + " inputs", "no " + name_of_input(index));
    return inputs_[index];
}
const array& call::in(std::size_t index) const {
    const datum& made = given(index);
    if (made.kind != datum::kinds::tensor)
        fail("a tensor as " + name_of_input(index),
             made.kind == datum::kinds::sequence ? "a sequence" : "an empty optional");
    return made.tensor;
}
const std::vector<array>& call::sequence(std::size_t index) const {
    const datum& made = given(index);
    if (made.kind != datum::kinds::sequence) fail("a sequence as " + name_of_input(index), "something else");
    return *made.sequence;
}
const reals& call::real(std::size_t index) const {
    const array& made = in(index);
    if (!is_real(made.type)) fail("real numbers as " + name_of_input(index), std::string(name_of(made.type)));
    return made.as_reals();
}
const wholes& call::whole(std::size_t index) const {
    const array& made = in(index);
    if (!is_whole(made.type)) fail("integers as " + name_of_input(index), std::string(name_of(made.type)));
    return made.as_wholes();
}
void call::same_types(std::size_t first, std::size_t second) const {
    if (in(first).type != in(second).type)
        fail("inputs of one type",
             std::string(name_of(in(first).type)) + " and " + std::string(name_of(in(second).type)));
}
double call::one_real(std::size_t index) const {
    if (in(index).size() != 1) fail("one number as " + name_of_input(index), shape_text(in(index).shape));
    return real(index)[0];
}
std::int64_t call::one_whole(std::size_t index) const {
    if (in(index).size() != 1) fail("one integer as " + name_of_input(index), shape_text(in(index).shape));
    return whole(index)[0];
}
std::string call::one_text(std::size_t index) const {
    if (in(index).size() != 1 || in(index).type != element_type::text)
        fail("one text as " + name_of_input(index),
             std::string(name_of(in(index).type)) + " " + shape_text(in(index).shape));
    return in(index).as_texts()[0];
}

void call::wrong_kind(std::string_view name, const graph::attribute& found, std::string_view expected) const {
    fail(std::string(expected) + " as attribute \"" + std::string(name) + "\"",
         std::string(graph::kind_text(found)));
}
std::int64_t call::integer(std::string_view name) const {
    const auto* found = find<std::int64_t>(name);
    if (found == nullptr) fail("the attribute \"" + std::string(name) + "\"", "none");
    return *found;
}
std::int64_t call::integer(std::string_view name, std::int64_t otherwise) const {
    const auto* found = find<std::int64_t>(name);
    return found != nullptr ? *found : otherwise;
}
double call::number(std::string_view name, double otherwise) const {
    const auto* found = find<double>(name);
    return found != nullptr ? *found : otherwise;
}
std::string call::text(std::string_view name, std::string_view otherwise) const {
    const auto* found = find<std::string>(name);
    return found != nullptr ? *found : std::string(otherwise);
}
std::vector<std::int64_t> call::integers(std::string_view name, std::vector<std::int64_t> otherwise) const {
    const auto* found = find<std::vector<std::int64_t>>(name);
    return found != nullptr ? *found : otherwise;
}
std::vector<double> call::numbers(std::string_view name, std::vector<double> otherwise) const {
    const auto* found = find<std::vector<double>>(name);
    return found != nullptr ? *found : otherwise;
}
std::vector<std::string> call::texts_of(std::string_view name) const {
    const auto* found = find<std::vector<std::string>>(name);
    return found != nullptr ? *found : std::vector<std::string>{};
}
const graph::block& call::body(std::string_view name) const {
    const auto* found = find<std::shared_ptr<graph::block>>(name);
    if (found == nullptr || *found == nullptr) fail("the attribute \"" + std::string(name) + "\"", "none");
    return **found;
}

void call::count_products(std::int64_t made) {
    if (made > options_->most_products - products_)
        fail("at most " + std::to_string(options_->most_products) + " multiply-accumulates",
             std::to_string(made) + " more");
    products_ += made;
}

std::size_t call::axis(std::int64_t axis, std::size_t rank) const {
    const auto most = static_cast<std::int64_t>(rank);
    if (axis < -most || axis >= most) fail("an axis of " + std::to_string(rank), std::to_string(axis));
    return static_cast<std::size_t>(axis < 0 ? axis + most : axis);
}
std::size_t call::count(const shape_type& shape) const {
    const auto found = graph::element_count(shape);
    if (!found || *found > options_->most_elements || graph::extent_product(shape) > options_->most_elements)
        fail("results of at most " + std::to_string(options_->most_elements) + " elements",
             "shape " + shape_text(shape));
    return static_cast<std::size_t>(*found);
}
element_type call::type_of(std::int64_t number) const {
    if (number < 1 || number > static_cast<std::int64_t>(element_type::float4e2m1) ||
        number == static_cast<std::int64_t>(element_type::complex64) ||
        number == static_cast<std::int64_t>(element_type::complex128))
        fail("a type of real numbers, integers or texts", "type " + std::to_string(number));
    return static_cast<element_type>(number);
}

}  // namespace archetype::evaluate
