// SPDX-License-Identifier: BSL-1.0
#include "onnx.hpp"

#include "mapped_file.hpp"

#include "onnx_tensor.hpp"
#include "protobuf.hpp"

#include <archetype/data/file_bytes.hpp>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace archetype::graph {

namespace detail {
namespace {

using protozero::data_view;
using protozero::pbf_reader;

constexpr int deepest = 32;  // graphs within graphs, functions within functions
constexpr std::size_t most_nodes =
    200000;  // what functions become; the largest networks have some ten thousand

/// Names that nodes see: those of their graph and of the graphs around it.
struct scope {
    const scope* around = nullptr;
    std::map<std::string, value_id, std::less<>> names;

    const value_id* find(const std::string& name) const {
        for (const scope* at = this; at != nullptr; at = at->around)
            if (const auto found = at->names.find(name); found != at->names.end()) return &found->second;
        return nullptr;
    }
};

using attributes = std::map<std::string, attribute, std::less<>>;
using versions = std::map<std::string, std::int64_t>;

/// What the nodes of a graph or a function are read with.
struct surroundings {
    scope* names = nullptr;
    const versions* operators = nullptr;
    const attributes* given = nullptr;  ///< of the call, in a function
    std::string prefix;                 ///< of names, in a function
    int depth = 0;
};

struct function {
    std::vector<std::string> inputs, outputs, attribute_names;
    std::vector<data_view> defaults, nodes;
    versions operators;
};

class onnx_reader {
public:
    onnx_reader(onnx_source source) : source_(std::move(source)) {}

    model read(data_view bytes) {
        made_.path = source_.path;
        made_.format = "ONNX";
        std::int64_t ir_version = 0;
        std::optional<data_view> graph;
        std::vector<data_view> functions;
        std::string producer_version;
        for (pbf_reader message(bytes); message.next();) {
            switch (message.tag()) {
                case 1:
                    ir_version = message.get_int64();
                    break;
                case 2:
                    made_.producer = detail::text_in(message);
                    break;
                case 3:
                    producer_version = detail::text_in(message);
                    break;
                case 7:
                    if (graph) fail(source_.path, "one graph", "another");
                    graph = message.get_view();
                    break;
                case 8:
                    operator_set(message.get_message(), made_.versions, source_.path);
                    break;
                case 25:
                    functions.push_back(message.get_view());
                    break;
                case 4:
                case 5:
                case 6:
                case 14:
                case 20:
                case 26:  // names, texts, training, devices
                    message.skip();
                    break;
                default:
                    unknown_field(source_.path, "ModelProto", message.tag());
            }
        }
        if (ir_version < 3 || ir_version > 13 || !graph)
            fail(source_.path, "an ONNX file of IR version 3 to 13 with a graph",
                 "IR version " + std::to_string(ir_version) + (graph ? "" : ", no graph"));
        if (!producer_version.empty()) made_.producer += " " + producer_version;
        check_versions(made_.versions, source_.path);
        for (const data_view one : functions) read_function(one);
        scope names;
        surroundings with{&names, &made_.versions, nullptr, "", 0};
        read_graph(*graph, made_.main, with, source_.path);
        return std::move(made_);
    }

private:
    static std::string domain_of(std::string domain) { return domain == "ai.onnx" ? "" : domain; }

    static void operator_set(pbf_reader message, versions& to, const std::string& place) {
        std::string domain;
        std::int64_t version = 0;
        while (message.next()) {
            if (message.tag() == 1)
                domain = domain_of(detail::text_in(message));
            else if (message.tag() == 2)
                version = message.get_int64();
            else
                unknown_field(place, "OperatorSetIdProto", message.tag());
        }
        if (const auto [at, is_new] = to.emplace(domain, version); !is_new && at->second != version)
            fail(place, "one version of the operator set \"" + domain + "\"",
                 std::to_string(at->second) + " and " + std::to_string(version));
    }

    static void check_versions(const versions& of, const std::string& place) {
        if (const auto found = of.find("");
            found != of.end() && (found->second < 1 || found->second > newest_onnx_operators))
            fail(place, "operator set 1 to " + std::to_string(newest_onnx_operators),
                 std::to_string(found->second));
    }

    value_id add_value(std::string name) {
        made_.values.emplace_back().name = std::move(name);
        return made_.values.size() - 1;
    }

    value_id define(const std::string& name, const surroundings& with, const std::string& place) {
        const value_id id = add_value(with.prefix + name);
        if (!with.names->names.emplace(name, id).second)
            fail(place, "one value of each name", "another \"" + name + "\"");
        return id;
    }

    void read_function(data_view bytes) {
        std::string name;
        std::string domain;
        std::string overload;
        function made;
        for (pbf_reader message(bytes); message.next();) {
            switch (message.tag()) {
                case 1:
                    name = detail::text_in(message);
                    break;
                case 4:
                    made.inputs.push_back(detail::text_in(message));
                    break;
                case 5:
                    made.outputs.push_back(detail::text_in(message));
                    break;
                case 6:
                    made.attribute_names.push_back(detail::text_in(message));
                    break;
                case 7:
                    made.nodes.push_back(message.get_view());
                    break;
                case 9:
                    operator_set(message.get_message(), made.operators,
                                 source_.path + ", function \"" + name + "\"");
                    break;
                case 10:
                    domain = domain_of(detail::text_in(message));
                    break;
                case 11:
                    made.defaults.push_back(message.get_view());
                    break;
                case 13:
                    overload = detail::text_in(message);
                    break;
                case 8:
                case 12:
                case 14:  // texts, shapes of values
                    message.skip();
                    break;
                default:
                    unknown_field(source_.path + ", function \"" + name + "\"", "FunctionProto",
                                  message.tag());
            }
        }
        check_versions(made.operators, source_.path + ", function \"" + name + "\"");
        if (!functions_.emplace(std::tuple(domain, name, overload), std::move(made)).second)
            fail(source_.path, "one function of each name", "another \"" + name + "\"");
    }

    /// The type that a TypeProto says. Sparse tensors and maps have no operators here.
    void read_type(pbf_reader message, value& to, const std::string& place, bool inner = false) {
        while (message.next()) {
            switch (message.tag()) {
                case 1: {
                    pbf_reader type = message.get_message();
                    while (type.next()) {
                        if (type.tag() == 1)
                            to.type = onnx_element_type(type.get_int32(), place);
                        else if (type.tag() == 2 && !inner)
                            read_shape(type.get_message(), to, place);
                        else if (type.tag() == 2)
                            type.skip();  // every tensor of a sequence has its own
                        else
                            unknown_field(place, "TypeProto.Tensor", type.tag());
                    }
                    break;
                }
                case 4:
                case 9: {
                    const bool optional = message.tag() == 9;
                    if (!inner)
                        to.kind = optional ? value_kind::optional : value_kind::sequence;
                    else if (optional)
                        fail(place, "a tensor or a sequence of tensors", "an optional within another type");
                    pbf_reader type = message.get_message();
                    while (type.next()) {
                        if (type.tag() != 1) unknown_field(place, "TypeProto", type.tag());
                        read_type(type.get_message(), to, place, true);
                    }
                    break;
                }
                case 6:  // a word on what an axis is
                    message.skip();
                    break;
                default:
                    fail(place, "a tensor, a sequence or an optional",
                         "field " + std::to_string(message.tag()) + " of a TypeProto");
            }
        }
    }

    static void read_shape(pbf_reader message, value& to, const std::string& place) {
        to.shape.emplace();
        while (message.next()) {
            if (message.tag() != 1) unknown_field(place, "TensorShapeProto", message.tag());
            dimension& made = to.shape->emplace_back();
            pbf_reader one = message.get_message();
            while (one.next()) {
                if (one.tag() == 1) {
                    made.extent = one.get_int64();
                    if (made.extent < 0) made.extent = -1;
                } else if (one.tag() == 2) {
                    made.symbol = detail::text_in(one);
                } else if (one.tag() == 3) {
                    one.skip();
                } else {
                    unknown_field(place, "TensorShapeProto.Dimension", one.tag());
                }
            }
        }
    }

    struct value_info {
        value content;
        bool typed = false;
    };
    value_info read_value_info(pbf_reader message, const std::string& place) {
        value_info made;
        for (pbf_reader first = message; first.next();) {
            if (first.tag() == 1)
                made.content.name = detail::text_in(first);
            else
                first.skip();
        }
        while (message.next()) {
            if (message.tag() == 2) {
                read_type(message.get_message(), made.content,
                          place + ", value \"" + made.content.name + "\"");
                made.typed = true;
            } else if (message.tag() == 1 || message.tag() == 3 || message.tag() == 4) {
                message.skip();
            } else {
                unknown_field(place, "ValueInfoProto", message.tag());
            }
        }
        return made;
    }

    void take_type(value_id id, const value& from) {
        value& to = made_.values[id];
        to.kind = from.kind;
        to.type = from.type;
        to.shape = from.shape;
    }

    void read_graph(data_view bytes, block& to, surroundings with, const std::string& place) {
        if (with.depth > deepest)
            fail(place, "at most " + std::to_string(deepest) + " graphs within each other", "more");
        std::vector<data_view> nodes;
        std::vector<data_view> outputs;
        std::vector<data_view> infos;
        std::vector<named_tensor> constants;
        for (pbf_reader message(bytes); message.next();) {
            switch (message.tag()) {
                case 1:
                    nodes.push_back(message.get_view());
                    break;
                case 2:
                    to.name = detail::text_in(message);
                    break;
                case 5:
                    constants.push_back(read_tensor(message.get_message(), source_, place));
                    break;
                case 11: {
                    const value_info made = read_value_info(message.get_message(), place);
                    const value_id id = define(made.content.name, with, place);
                    take_type(id, made.content);
                    to.inputs.push_back(id);
                    break;
                }
                case 12:
                    outputs.push_back(message.get_view());
                    break;
                case 13:
                    infos.push_back(message.get_view());
                    break;
                case 15:
                    fail(place, "dense initializers", "a sparse one (field 15 of GraphProto)");
                case 10:
                case 14:
                case 16:  // texts; what quantizers noted, which changes no result
                    message.skip();
                    break;
                default:
                    unknown_field(place, "GraphProto", message.tag());
            }
        }
        for (named_tensor& one : constants) {
            const auto there =
                with.names->names.find(one.name);  // IR version 3 lists initializers as inputs too
            const value_id id =
                there != with.names->names.end() ? there->second : define(one.name, with, place);
            value& constant = made_.values[id];
            if (constant.constant)
                fail(place, "one initializer of each name", "another \"" + one.name + "\"");
            if (constant.type != element_type::none && constant.type != one.content.type)
                fail(place + ", input \"" + one.name + "\"",
                     "an initializer of type " + std::string(name_of(constant.type)),
                     std::string(name_of(one.content.type)));
            constant.type = one.content.type;
            if (!constant.shape) {
                constant.shape.emplace();
                for (const std::int64_t extent : one.content.shape) constant.shape->push_back({extent, ""});
            }
            constant.constant = std::move(one.content);
        }
        for (const data_view one : nodes) read_node(one, to.nodes, with, place);
        for (const data_view one : infos) {
            const value_info made = read_value_info(pbf_reader(one), place);
            const auto found = with.names->names.find(made.content.name);
            if (found != with.names->names.end() && made.typed && !made_.values[found->second].constant)
                take_type(found->second, made.content);
        }
        for (const data_view one : outputs) {
            const value_info made = read_value_info(pbf_reader(one), place);
            const value_id* found = with.names->find(made.content.name);
            if (found == nullptr)
                fail(place, "a node that makes the output \"" + made.content.name + "\"", "none");
            if (made.typed && !made_.values[*found].constant &&
                made_.values[*found].type == element_type::none)
                take_type(*found, made.content);
            to.outputs.push_back(*found);
        }
    }

    void read_node(data_view bytes, std::vector<node>& to, const surroundings& with,
                   const std::string& graph_place) {
        node made;
        std::vector<std::string> inputs;
        std::vector<std::string> outputs;
        std::vector<data_view> given;
        std::string overload;
        for (pbf_reader message(bytes); message.next();) {
            switch (message.tag()) {
                case 1:
                    inputs.push_back(detail::text_in(message));
                    break;
                case 2:
                    outputs.push_back(detail::text_in(message));
                    break;
                case 3:
                    made.name = with.prefix + detail::text_in(message);
                    break;
                case 4:
                    made.operation = detail::text_in(message);
                    break;
                case 5:
                    given.push_back(message.get_view());
                    break;
                case 7:
                    made.domain = domain_of(detail::text_in(message));
                    break;
                case 8:
                    overload = detail::text_in(message);
                    break;
                case 6:
                case 9:
                case 10:  // texts, devices
                    message.skip();
                    break;
                default:
                    unknown_field(graph_place, "NodeProto", message.tag());
            }
        }
        const std::string label = !made.name.empty() ? made.name
                                  : outputs.empty()  ? ""
                                                     : with.prefix + outputs[0];
        const std::string place = graph_place + ", node \"" + label + "\" (" + made.operation + ")";
        if (made.operation.empty()) fail(place, "the name of an operator", "none");
        for (const data_view one : given) read_attribute(pbf_reader(one), made.attributes, with, place);
        for (const std::string& name : inputs) {
            const value_id* found = name.empty() ? &no_value : with.names->find(name);
            if (found == nullptr)
                fail(place, "inputs that a node before it makes", "\"" + name + "\", which none makes");
            made.inputs.push_back(*found);
        }
        if (const auto called = functions_.find(std::tuple(made.domain, made.operation, overload));
            called != functions_.end())
            return call(called->second, made, outputs, to, with, place);
        const auto version = with.operators->find(made.domain);
        if (version == with.operators->end())
            fail(place, "an operator of a set that the file names", "domain \"" + made.domain + "\"");
        made.version = version->second;
        for (const std::string& name : outputs)
            made.outputs.push_back(name.empty() ? no_value : define(name, with, place));
        if (++nodes_ > most_nodes) fail(place, "at most " + std::to_string(most_nodes) + " nodes", "more");
        to.push_back(std::move(made));
    }

    /// The nodes of a function in the place of its call.
    void call(const function& called, const node& at, const std::vector<std::string>& outputs,
              std::vector<node>& to, const surroundings& with, const std::string& place) {
        if (with.depth > deepest)
            fail(place, "at most " + std::to_string(deepest) + " calls within each other", "more");
        if (at.inputs.size() > called.inputs.size() || outputs.size() > called.outputs.size())
            fail(place,
                 "at most " + std::to_string(called.inputs.size()) + " inputs and " +
                     std::to_string(called.outputs.size()) + " outputs",
                 std::to_string(at.inputs.size()) + " and " + std::to_string(outputs.size()));
        attributes given;
        surroundings defaults = with;
        for (const data_view one : called.defaults) read_attribute(pbf_reader(one), given, defaults, place);
        for (const auto& [name, content] : at.attributes) {
            if (!given.contains(name) &&
                std::find(called.attribute_names.begin(), called.attribute_names.end(), name) ==
                    called.attribute_names.end())
                fail(place, "attributes that the function has", "\"" + name + "\"");
            given[name] = content;
        }
        scope names;
        for (std::size_t index = 0; index < called.inputs.size(); ++index)
            names.names[called.inputs[index]] = index < at.inputs.size() ? at.inputs[index] : no_value;
        const std::string label = !at.name.empty()   ? at.name
                                  : !outputs.empty() ? with.prefix + outputs[0]
                                                     : at.operation;
        surroundings inside{&names, &called.operators, &given, label + "/", with.depth + 1};
        const std::size_t first = made_.values.size();
        for (const data_view one : called.nodes) read_node(one, to, inside, place);
        for (std::size_t index = 0; index < outputs.size(); ++index) {
            if (outputs[index].empty()) continue;
            const value_id* made = names.find(called.outputs[index]);
            if (made == nullptr)
                fail(place, "a node that makes the output \"" + called.outputs[index] + "\"", "none");
            if (!with.names->names.emplace(outputs[index], *made).second)
                fail(place, "one value of each name", "another \"" + outputs[index] + "\"");
            if (*made != no_value && *made >= first) made_.values[*made].name = with.prefix + outputs[index];
        }
    }

    void read_attribute(pbf_reader message, attributes& to, const surroundings& with,
                        const std::string& outer) {
        std::string name;
        std::string reference;
        std::string text;
        std::int64_t type = 0;
        std::int64_t integer = 0;
        double number = 0;
        std::optional<tensor> one_tensor;
        std::optional<data_view> graph;
        std::vector<double> numbers;
        std::vector<std::int64_t> integers;
        std::vector<std::string> texts;
        std::vector<tensor> tensors;
        std::uint32_t last = 0;
        for (pbf_reader first = message; first.next();) {
            if (first.tag() == 1)
                name = detail::text_in(first);
            else
                first.skip();
        }
        const std::string place = outer + ", attribute \"" + name + "\"";
        while (message.next()) {
            const std::uint32_t tag = message.tag();
            switch (tag) {
                case 2:
                    number = static_cast<double>(message.get_float());
                    break;
                case 3:
                    integer = message.get_int64();
                    break;
                case 4:
                    text = message.get_string();
                    break;
                case 5:
                    one_tensor = read_tensor(message.get_message(), source_, place).content;
                    break;
                case 6:
                    graph = message.get_view();
                    break;
                case 7:
                    each_float(message, [&](float one) { numbers.push_back(static_cast<double>(one)); });
                    break;
                case 8:
                    each_int64(message, [&](std::int64_t one) { integers.push_back(one); });
                    break;
                case 9:
                    texts.push_back(message.get_string());
                    break;
                case 10:
                    tensors.push_back(read_tensor(message.get_message(), source_, place).content);
                    break;
                case 20:
                    type = message.get_int32();
                    break;
                case 21:
                    reference = detail::text_in(message);
                    break;
                case 14:  // the type of an empty optional, which no operator needs
                case 1:
                case 13:
                    message.skip();
                    break;
                default:
                    fail(place, "a number, a text, a tensor, a graph or a list of them",
                         "field " + std::to_string(tag) + " of an AttributeProto");
            }
            if (tag >= 2 && tag <= 10) last = tag;
        }
        if (!reference.empty()) {
            if (with.given == nullptr)
                fail(place, "an attribute with a content", "a reference outside a function");
            if (const auto found = with.given->find(reference); found != with.given->end())
                store(to, name, found->second, place);
            return;
        }
        // Files of IR version 1 and 2 have no type: the field that is there tells.
        static constexpr std::uint32_t field_of[] = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10};
        if (type == 0) type = last == 0 ? 0 : static_cast<std::int64_t>(last) - 1;
        if (type == 13) return store(to, name, std::string("type"), place);
        if (type < 1 || type > 9 || (last != 0 && field_of[type] != last))
            fail(place, "a content of its type",
                 "type " + std::to_string(type) + ", field " + std::to_string(last));
        switch (type) {
            case 1:
                return store(to, name, number, place);
            case 2:
                return store(to, name, integer, place);
            case 3:
                return store(to, name, std::move(text), place);
            case 4:
                if (!one_tensor) fail(place, "a tensor", "none");
                return store(to, name, std::move(*one_tensor), place);
            case 5: {
                if (!graph) fail(place, "a graph", "none");
                auto made = std::make_shared<block>();
                scope names;
                names.around = with.names;
                surroundings inside = with;
                inside.names = &names;
                inside.depth = with.depth + 1;
                read_graph(*graph, *made, inside, place);
                return store(to, name, std::move(made), place);
            }
            case 6:
                return store(to, name, std::move(numbers), place);
            case 7:
                return store(to, name, std::move(integers), place);
            case 8:
                return store(to, name, std::move(texts), place);
            default:
                return store(to, name, std::move(tensors), place);
        }
    }

    static void store(attributes& to, const std::string& name, attribute content, const std::string& place) {
        if (name.empty()) fail(place, "attributes with names", "one without");
        if (!to.emplace(name, std::move(content)).second)
            fail(place, "one attribute of each name", "another");
    }

    onnx_source source_;
    model made_;
    std::map<std::tuple<std::string, std::string, std::string>, function> functions_;
    std::size_t nodes_ = 0;
};

/// What `read` returns; what protobuf's rules forbid is said of the file.
template <class Read>
auto with_messages(const std::string& path, const Read& read) -> decltype(read()) {
    try {
        return read();
    } catch (const protozero::exception& found) {
        fail(path, "messages of protobuf", found.what());
    }
}

data_view view_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void read_sequence(pbf_reader message, onnx_datum& to, const onnx_source& source) {
    while (message.next()) {
        if (message.tag() == 3)
            to.tensors.push_back(read_tensor(message.get_message(), source, source.path).content);
        else if (message.tag() == 1 || message.tag() == 2)
            message.skip();
        else
            unknown_field(source.path, "SequenceProto", message.tag());
    }
}

}  // namespace
}  // namespace detail

model parse_onnx(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                 const std::string& path, const std::filesystem::path& folder) {
    return detail::with_messages(path, [&] {
        return detail::onnx_reader({path, folder.string(), owner}).read(detail::view_of(bytes));
    });
}

model read_onnx(const std::filesystem::path& path) {
    const file_bytes file = map_file(path);
    return parse_onnx(file.bytes, file.owner, path.string(), path.parent_path());
}

onnx_datum read_onnx_datum(const std::filesystem::path& path, value_kind kind, bool inner_sequence) {
    const auto bytes = std::make_shared<std::vector<std::byte>>(try_read_file(path).value());
    const detail::onnx_source source{path.string(), path.parent_path().string(), bytes};
    return detail::with_messages(path.string(), [&] {
        onnx_datum made;
        made.kind = kind;
        detail::pbf_reader message(detail::view_of(*bytes));
        if (kind == value_kind::tensor) {
            made.tensors.push_back(detail::read_tensor(message, source, source.path).content);
        } else if (kind == value_kind::sequence) {
            detail::read_sequence(message, made, source);
        } else {
            made.present = false;
            while (message.next()) {
                if (message.tag() == 3 && !inner_sequence) {
                    made.tensors.push_back(
                        detail::read_tensor(message.get_message(), source, source.path).content);
                    made.present = true;
                } else if (message.tag() == 5 && inner_sequence) {
                    made.kind = value_kind::sequence;
                    detail::read_sequence(message.get_message(), made, source);
                    made.present = true;
                } else {
                    message.skip();
                }
            }
        }
        return made;
    });
}

}  // namespace archetype::graph
