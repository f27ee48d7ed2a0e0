// SPDX-License-Identifier: BSL-1.0
// Sequential and functional models of Keras: which layer reads what, models within models, layers that several places share.
#include "keras.hpp"
#include "keras_graph.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <deque>
#include <limits>
#include <tuple>

namespace archetype::graph::keras {

namespace {

constexpr int deepest = 16;  // models within each other
constexpr std::size_t most_calls = 100000;

bool is_model(const std::string& kind) {
    return kind == "Sequential" || kind == "Functional" || kind == "Model";
}

/// A tensor of a graph: the result `tensor` of the call `call` of a layer.
struct reference {
    std::string layer;
    std::int64_t call = 0, tensor = 0;
};
/// What a call is given besides tensors: a number in place of one.
struct argument {
    std::optional<reference> from;
    double number = 0;
    std::string flag{};  ///< an argument that is true, by its name
};

const json& member(const json& of, std::string_view name, const std::string& place) {
    const json* found = of.find(name);
    if (found == nullptr) throw file_error({place, "a member \"" + std::string(name) + "\"", "none"});
    return *found;
}
std::string text_member(const json& of, std::string_view name, const std::string& place) {
    const json& found = member(of, name, place);
    if (found.text() == nullptr)
        throw file_error({place, "\"" + std::string(name) + "\" as a text", found.summary()});
    return *found.text();
}

/// ["layer", 0, 0, ...], or nothing.
std::optional<reference> reference_of(const json& from) {
    if (from.list() == nullptr || from.list()->size() < 3) return std::nullopt;
    const json_list& all = *from.list();
    if (all[0].text() == nullptr || !all[1].whole() || !all[2].whole()) return std::nullopt;
    return reference{*all[0].text(), *all[1].whole(), *all[2].whole()};
}

class reader {
public:
    reader(weight_store& weights, int version, std::string path)
        : weights_(weights), version_(version), path_(std::move(path)), to_(made_) {}

    model read(const json& root, const std::string& producer) {
        made_.path = path_;
        made_.format = "Keras";
        made_.producer = producer;
        made_.versions[""] = onnx_operators;
        const std::string kind = text_member(root, "class_name", path_);
        const json& config = member(root, "config", path_);
        if (!is_model(kind))
            throw file_error(
                {path_, "a Sequential or functional model", "a model of the class \"" + kind + "\""});
        const layer_place place{{}, ""};
        const std::vector<symbol> results =
            kind == "Sequential" ? sequential(config, {}, place, 0) : functional(config, {}, place, 0);
        for (const symbol& one : results)
            if (one.id != no_value) made_.main.outputs.push_back(one.id);
        std::string unused;
        std::size_t count = 0;
        for (const std::string& one : weights_.unused())
            if (++count <= 20) unused += (unused.empty() ? "" : ", ") + one;
        if (count > 0)
            faults_.add("weights", "weights that a layer of the model reads",
                        std::to_string(count) + " that none reads: " + unused + (count > 20 ? ", ..." : ""));
        if (faults_.any())  // then no list of nodes will follow
            for (const auto& [where, kind] : unknown_) faults_.add(where, "a class that is known", kind);
        faults_.check(path_);
        to_.finish();
        return std::move(made_);
    }

private:
    std::string place_text(const layer_place& place, const std::string& kind) const {
        return "layer \"" + place.text() + "\" (" + kind + ")";
    }

    /// The list of layers of a model, and what else its configuration says.
    const json_list& layers_of(const json& config, const std::string& place) {
        if (config.list() != nullptr) return *config.list();  // a Sequential of Keras 1 and 2.1
        const json& layers = member(config, "layers", place);
        if (layers.list() == nullptr) throw file_error({place, "\"layers\" as a list", layers.summary()});
        layer_config rest(config, place, faults_);
        rest.skip({"layers", "input_layers", "output_layers", "build_input_shape", "name"});
        rest.finish();
        return *layers.list();
    }

    std::string name_of(const json& entry) const {
        const json* config = entry.find("config");
        const json* name = entry.find("name");
        if (name == nullptr && config != nullptr) name = config->find("name");
        if (name == nullptr && config != nullptr) {  // a Sequential of old within
            const json* inner = config->find("layer");
            if (inner != nullptr && inner->find("config") != nullptr)
                name = inner->find("config")->find("name");
        }
        return name != nullptr && name->text() != nullptr ? *name->text() : "";
    }

    /// A step of the path in files of Keras 3: classes are counted within a model.
    static std::string step_of(const std::string& kind, std::map<std::string, int>& counts) {
        const std::string snake = snake_case(kind == "Model" ? "Functional" : kind);
        const int count = counts[snake]++;
        return "layers/" + snake + (count == 0 ? "" : "_" + std::to_string(count));
    }

    void check_entry(const json& entry, const std::string& place) {
        static constexpr std::string_view known[] = {"class_name",    "config",         "name",
                                                     "inbound_nodes", "module",         "registered_name",
                                                     "build_config",  "compile_config", "shared_object_id"};
        for (const auto& [key, value] : *entry.object())
            if (std::find(std::begin(known), std::end(known), key) == std::end(known))
                faults_.add(place, "keys that this reader knows", "\"" + key + "\": " + value.summary());
    }

    /// The input that a shape of a configuration announces: {null, 28, 28, 1}.
    symbol input_of(const json& shape, const std::string& name, const json* type, const std::string& place) {
        std::vector<dimension> made;
        if (shape.list() == nullptr) throw file_error({place, "a shape", shape.summary()});
        for (const json& one : *shape.list()) {
            if (!one.is_null() && (!one.whole() || *one.whole() < 0))
                throw file_error({place, "a shape of whole numbers", shape.summary()});
            made.push_back({one.is_null() ? -1 : *one.whole(), ""});
        }
        if (made.empty()) throw file_error({place, "an axis of samples", "a shape without axes"});
        element_type kind = element_type::float32;
        if (type != nullptr && type->text() != nullptr) {
            const std::string& given = *type->text();
            using enum element_type;
            for (const element_type one : {float32, int32, int64, uint8, int8, int16, uint16, boolean})
                if (graph::name_of(one) == given) kind = one;
            if (given == "string") throw file_error({place, "an input of numbers", "one of texts"});
        }
        return to_.input(name, kind, made);
    }

    /// What a layer that comes first says of its input.
    static const json* first_shape(const json& entry, int depth) {
        const json* config = entry.find("config");
        if (config == nullptr || depth > deepest) return nullptr;
        for (const std::string_view key : {"batch_input_shape", "batch_shape"})
            if (const json* found = config->find(key); found != nullptr && !found->is_null()) return found;
        const json_list* layers = config->list();
        if (const json* inner = config->find("layers"); inner != nullptr) layers = inner->list();
        if (layers != nullptr && !layers->empty()) return first_shape((*layers)[0], depth + 1);
        if (const json* inner = config->find("layer"); inner != nullptr)
            return first_shape(*inner, depth + 1);
        return nullptr;
    }

    /// A model that was only built by its first data: the kernel of a dense layer knows how many features there were.
    json shape_of_weights(const json_list& layers, const layer_place& place) {
        if (layers.empty() || layers[0].object() == nullptr ||
            text_member(layers[0], "class_name", path_) != "Dense")
            return {};
        const auto found = weights_.of(place.inside(name_of(layers[0]), "layers/dense"), "");
        if (found.empty()) return {};
        const weight kernel = weights_.entries[found[0]].read();
        if (kernel.shape.size() != 2) return {};
        return {json_list{json{}, json{static_cast<double>(kernel.shape[0])}}};
    }

    std::vector<symbol> sequential(const json& config, std::vector<symbol> in, const layer_place& place,
                                   int depth) {
        const std::string here = depth == 0 ? path_ : place_text(place, "Sequential");
        if (depth > deepest) throw file_error({path_, "at most 16 models within each other", "more"});
        const json_list& layers = layers_of(config, here);
        if (in.empty()) {
            const json* shape = layers.empty() ? nullptr : first_shape(layers[0], 0);
            if (shape == nullptr && config.object() != nullptr) shape = config.find("build_input_shape");
            const json dense =
                shape == nullptr || shape->is_null() ? shape_of_weights(layers, place) : json{};
            if (!dense.is_null()) shape = &dense;
            if (shape == nullptr || shape->is_null())
                throw file_error({here, "the shape of the input", "a model that was not built"});
            const json* own = layers.empty() ? nullptr : layers[0].find("config");
            const bool layer = own != nullptr && text_member(layers[0], "class_name", here) == "InputLayer";
            std::string name = layer ? name_of(layers[0]) : "";
            in.push_back(input_of(*shape, name.empty() ? "input" : name,
                                  own != nullptr ? own->find("dtype") : nullptr, here));
        }
        std::map<std::string, int> counts;
        for (const json& entry : layers) {
            if (entry.object() == nullptr) throw file_error({here, "layers as objects", entry.summary()});
            const std::string kind = text_member(entry, "class_name", here);
            if (kind == "InputLayer") continue;
            in = apply(entry, in, place.inside(name_of(entry), step_of(kind, counts)), depth);
            if (in.size() > 1) in.resize(1);
        }
        return in;
    }

    /// The calls of a layer: what each is given.
    struct layer {
        const json* entry;
        std::string kind;
        layer_place place;
        std::vector<std::vector<argument>> calls;
        std::int64_t first = 0;  ///< the number of the first call
        std::vector<std::vector<symbol>> results;
    };

    /// Tensors anywhere within the arguments of Keras 3.
    void collect(const json& from, std::vector<argument>& to, const std::string& place) {
        if (from.list() != nullptr) {
            for (const json& one : *from.list()) collect(one, to, place);
        } else if (from.object() != nullptr && from.find("class_name") != nullptr &&
                   from.find("class_name")->text() != nullptr &&
                   *from.find("class_name")->text() == "__keras_tensor__" && from.find("config") != nullptr) {
            const json* history = from.find("config")->find("keras_history");
            const auto found = history == nullptr ? std::nullopt : reference_of(*history);
            if (!found) return faults_.add(place, "a tensor with its keras_history", from.summary());
            to.push_back({found, 0});
        } else if (from.number() != nullptr) {
            to.push_back({std::nullopt, *from.number()});
        } else if (!from.is_null()) {
            faults_.add(place, "arguments that are tensors or numbers", from.summary());
        }
    }
    void keyword(const std::string& key, const json& value, std::vector<argument>& to,
                 const std::string& place) {
        if (key == "name" || value.is_null() || (value.truth() != nullptr && !*value.truth())) return;
        if (key == "use_causal_mask" && value.truth() != nullptr) return to.push_back({std::nullopt, 0, key});
        if (key.ends_with("_mask") || key == "mask") return faults_.add(place, "no masks", "\"" + key + "\"");
        if (key == "training") return faults_.add(place, "training false", value.summary());
        if (const auto found = reference_of(value)) return to.push_back({found, 0});
        if (value.number() != nullptr && (key == "y" || key == "x2" || key == "x1" || key == "x"))
            return to.push_back({std::nullopt, *value.number()});
        if (key == "initial_state" || key == "x" || key == "y" || key == "x1" || key == "x2" ||
            key == "inputs" || key == "query" || key == "value" || key == "key") {
            if (value.list() != nullptr && version_ < 3) {
                for (const json& one : *value.list()) {
                    const auto found = reference_of(one);
                    if (!found) return faults_.add(place, "tensors", one.summary());
                    to.push_back({found, 0});
                }
                return;
            }
            return collect(value, to, place);
        }
        faults_.add(place, "arguments that this reader knows", "\"" + key + "\": " + value.summary());
    }

    /// Named arguments. Queries come first, then values, then keys.
    void keywords(const json& all, std::vector<argument>& to, const std::string& place) {
        const auto first = {std::string_view("query"), std::string_view("value"), std::string_view("key")};
        for (const std::string_view wanted : first)
            if (const json* found = all.find(wanted)) keyword(std::string(wanted), *found, to, place);
        for (const auto& [key, value] : *all.object())
            if (std::find(first.begin(), first.end(), key) == first.end()) keyword(key, value, to, place);
    }

    void read_calls(const json& nodes, layer& to, const std::string& place) {
        if (nodes.list() == nullptr) return faults_.add(place, "inbound_nodes as a list", nodes.summary());
        for (const json& one : *nodes.list()) {
            std::vector<argument> given;
            if (one.object() != nullptr) {  // Keras 3
                if (const json* args = one.find("args")) collect(*args, given, place);
                if (const json* words = one.find("kwargs"); words != nullptr && words->object() != nullptr)
                    keywords(*words, given, place);
            } else {
                const json_list alone{one};
                const bool flat = reference_of(one).has_value();  // one tensor without a list around it
                if (one.list() == nullptr) return faults_.add(place, "calls as lists", one.summary());
                for (const json& part : flat ? alone : *one.list()) {
                    const auto found = reference_of(part);
                    if (!found) {
                        faults_.add(place, "tensors [layer, call, number]", part.summary());
                        continue;
                    }
                    given.push_back({found, 0});
                    if (part.list()->size() > 3 && (*part.list())[3].object() != nullptr)
                        keywords((*part.list())[3], given, place);
                }
            }
            to.calls.push_back(std::move(given));
        }
    }

    /// [["a", 0, 0], ...], ["a", 0, 0], or objects of them.
    std::vector<reference> ends(const json& config, std::string_view name, const std::string& place) {
        const json& found = member(config, name, place);
        std::vector<reference> made;
        const auto take = [&](const auto& self, const json& from) -> void {
            if (const auto one = reference_of(from)) return made.push_back(*one);
            if (from.list() != nullptr)
                for (const json& part : *from.list()) self(self, part);
            else if (from.object() != nullptr)
                for (const auto& part : *from.object()) self(self, part.second);
            else
                throw file_error({place, std::string(name) + " as [layer, call, number]", from.summary()});
        };
        take(take, found);
        return made;
    }

    std::vector<symbol> functional(const json& config, const std::vector<symbol>& in,
                                   const layer_place& place, int depth) {
        const std::string here = depth == 0 ? path_ : place_text(place, "Functional");
        if (depth > deepest) throw file_error({path_, "at most 16 models within each other", "more"});
        std::deque<layer> layers;
        std::map<std::string, layer*> by_name;
        std::map<std::string, int> counts;
        std::size_t calls = 0;
        for (const json& entry : layers_of(config, here)) {
            if (entry.object() == nullptr) throw file_error({here, "layers as objects", entry.summary()});
            const std::string kind = text_member(entry, "class_name", here);
            const std::string name = name_of(entry);
            // Operations of Keras 3 are no layers: they do not count.
            std::map<std::string, int> apart;
            layer made{&entry, kind, place.inside(name, step_of(kind, is_operation(entry) ? apart : counts)),
                       {},     0,    {}};
            if (const json* nodes = entry.find("inbound_nodes"))
                read_calls(*nodes, made, place_text(made.place, kind));
            made.results.resize(std::max<std::size_t>(made.calls.size(), 1));
            calls += made.calls.size() + 1;
            if (calls > most_calls) throw file_error({here, "at most 100000 calls of layers", "more"});
            layers.push_back(std::move(made));
            if (!by_name.emplace(name, &layers.back()).second)
                throw file_error({here, "one layer of each name", "another \"" + name + "\""});
        }
        const std::vector<reference> inputs = ends(config, "input_layers", here);
        const std::vector<reference> outputs = ends(config, "output_layers", here);
        // Models within begin to count their calls at 1 in some files: the highest number tells.
        const auto visit = [&](const auto& each) {
            for (layer& one : layers)
                for (auto& call : one.calls)
                    for (argument& part : call)
                        if (part.from) each(*part.from);
            for (const reference& one : outputs) each(one);
        };
        visit([&](const reference& one) {
            const auto found = by_name.find(one.layer);
            if (found == by_name.end())
                throw file_error({here, "layers of the model", "\"" + one.layer + "\""});
            const auto count = static_cast<std::int64_t>(found->second->results.size());
            if (is_model(found->second->kind) && one.call == count) found->second->first = 1;
        });
        std::size_t next_input = 0;
        for (const reference& one : inputs) {
            const auto found = by_name.find(one.layer);
            if (found == by_name.end())
                throw file_error({here, "layers of the model", "\"" + one.layer + "\""});
            if (!found->second->results[0].empty()) continue;
            if (depth > 0 && next_input >= in.size())
                throw file_error(
                    {here, std::to_string(inputs.size()) + " inputs", std::to_string(in.size())});
            found->second->results[0] = {depth > 0 ? in[next_input++] : input_layer(*found->second)};
            found->second->calls.clear();
        }
        if (depth > 0 && next_input != in.size())
            throw file_error({here, std::to_string(next_input) + " inputs", std::to_string(in.size())});
        run_calls(layers, by_name, here, depth);
        std::vector<symbol> results;
        for (const reference& one : outputs) results.push_back(value_of(one, by_name, here));
        return results;
    }

    static bool is_operation(const json& entry) {
        const json* module = entry.find("module");
        return module != nullptr && module->text() != nullptr && module->text()->starts_with("keras.src.ops");
    }

    symbol input_layer(const layer& of) {
        const std::string here = path_ + ", " + place_text(of.place, of.kind);
        if (of.kind != "InputLayer") throw file_error({here, "an InputLayer", of.kind});
        layer_config config(member(*of.entry, "config", here), place_text(of.place, of.kind), faults_);
        const json* shape = config.take({"batch_input_shape", "batch_shape"});
        for (const std::string_view key : {"sparse", "ragged", "optional"}) config.expect(key, false);
        const json* type = config.take({"dtype"});
        config.finish();
        if (shape == nullptr) throw file_error({here, "a shape", "none"});
        return input_of(*shape, of.place.names.back(), type, here);
    }

    symbol value_of(const reference& one, const std::map<std::string, layer*>& by_name,
                    const std::string& here) const {
        const layer& from = *by_name.at(one.layer);
        const std::int64_t call = one.call - from.first;
        if (call < 0 || call >= static_cast<std::int64_t>(from.results.size()))
            throw file_error({here,
                              "a call of \"" + one.layer + "\" below " + std::to_string(from.results.size()),
                              std::to_string(one.call)});
        const auto& results = from.results[static_cast<std::size_t>(call)];
        if (results.empty())
            throw file_error({here, "layers that the inputs reach", "\"" + one.layer + "\""});
        if (one.tensor < 0 || one.tensor >= static_cast<std::int64_t>(results.size())) {
            if (results[0].rank < 0) return results[0];
            throw file_error({here,
                              "a result of \"" + one.layer + "\" below " + std::to_string(results.size()),
                              std::to_string(one.tensor)});
        }
        return results[static_cast<std::size_t>(one.tensor)];
    }

    /// Each call as soon as all that it is given is there.
    void run_calls(std::deque<layer>& layers, const std::map<std::string, layer*>& by_name,
                   const std::string& here, int depth) {
        using place_of_call = std::pair<layer*, std::size_t>;
        std::map<place_of_call, std::vector<place_of_call>> readers;
        std::map<place_of_call, std::size_t> missing;
        std::deque<place_of_call> ready;
        for (layer& one : layers)
            for (std::size_t k = 0; k < one.calls.size(); ++k) {
                std::size_t count = 0;
                for (const argument& part : one.calls[k]) {
                    if (!part.from) continue;
                    layer* const from = by_name.at(part.from->layer);
                    if (from->calls.empty()) continue;  // an input
                    readers[{from, static_cast<std::size_t>(part.from->call - from->first)}].emplace_back(
                        &one, k);
                    ++count;
                }
                missing[{&one, k}] = count;
                if (count == 0) ready.emplace_back(&one, k);
            }
        while (!ready.empty()) {
            const auto [one, k] = ready.front();
            ready.pop_front();
            std::vector<symbol> in;
            std::set<std::string> flags;
            for (const argument& part : one->calls[k]) {
                if (!part.flag.empty()) {
                    flags.insert(part.flag);
                } else if (part.from) {
                    in.push_back(value_of(*part.from, by_name, here));
                } else {
                    to_.layer = one->place.text();
                    in.push_back({to_.number(part.number), 0});
                }
            }
            one->results[k] = apply(*one->entry, in, one->place, depth, flags);
            for (const auto& reader : readers[{one, k}])
                if (--missing[reader] == 0) ready.push_back(reader);
        }
    }

    /// A function of Keras 3 or TensorFlow in a graph as a layer's class.
    std::string class_of(const json& entry, const json& config, layer_config& given) const {
        const std::string kind = text_member(entry, "class_name", path_);
        static const std::map<std::string, std::string, std::less<>> operations{{"Add", "Add"},
                                                                                {"Subtract", "Subtract"},
                                                                                {"Multiply", "Multiply"},
                                                                                {"TrueDivide", "Divide"},
                                                                                {"Divide", "Divide"},
                                                                                {"Maximum", "Maximum"},
                                                                                {"Minimum", "Minimum"},
                                                                                {"Relu", "ReLU"},
                                                                                {"math.add", "Add"},
                                                                                {"__operators__.add", "Add"},
                                                                                {"math.subtract", "Subtract"},
                                                                                {"math.multiply", "Multiply"},
                                                                                {"math.truediv", "Divide"},
                                                                                {"math.divide", "Divide"},
                                                                                {"math.maximum", "Maximum"},
                                                                                {"math.minimum", "Minimum"},
                                                                                {"nn.relu", "ReLU"},
                                                                                {"concat", "Concatenate"}};
        const bool lambda = kind == "TFOpLambda";
        if (!lambda && !is_operation(entry)) return kind;
        const json* function = lambda ? config.find("function") : nullptr;
        const std::string name =
            lambda ? (function != nullptr && function->text() != nullptr ? *function->text() : "") : kind;
        const auto found = operations.find(name);
        given.skip({"function"});
        return found == operations.end() ? kind + (name.empty() || name == kind ? "" : ":" + name)
                                         : found->second;
    }

    std::vector<symbol> apply(const json& entry, const std::vector<symbol>& in, const layer_place& place,
                              int depth, const std::set<std::string>& flags = {}) {
        const std::string kind = text_member(entry, "class_name", path_);
        const std::string here = place_text(place, kind);
        const json& config = member(entry, "config", path_ + ", " + here);
        check_entry(entry, here);
        if (is_model(kind)) {
            if (kind == "Sequential" && in.size() != 1)
                throw file_error({path_ + ", " + here, "one input", std::to_string(in.size())});
            return kind == "Sequential" ? sequential(config, in, place, depth + 1)
                                        : functional(config, in, place, depth + 1);
        }
        layer_config given(config, here, faults_);
        const std::string known = class_of(entry, config, given);
        return apply_layer(known, entry, given, in, place, depth, flags);
    }

    std::vector<symbol> apply_layer(const std::string& kind, const json& entry, layer_config& given,
                                    const std::vector<symbol>& in, const layer_place& place, int depth,
                                    const std::set<std::string>& flags = {}) {
        to_.layer = place.text();
        call at{to_, given, weights_, place, in, version_, {}, flags};
        std::vector<symbol> made;
        try {
            if (kind == "TimeDistributed") {
                made = time_distributed(at, depth);
                given.finish();
            } else if (const layer_function function = find_layer(kind, entry)) {
                made = function(at);
                for (const std::string& flag : at.flags)
                    given.fail("arguments that this reader knows", "\"" + flag + "\": true");
                given.finish();
            } else {
                // Named with all others by whoever looks for operators that are not known.
                std::vector<value_id> inputs;
                for (const symbol& one : in) inputs.push_back(one.id);
                made = {{to_.nodes(kind, inputs, {}, 1, "keras")[0], in.empty() ? -1 : in[0].rank}};
                to_.guesses = true;
                unknown_.emplace_back(given.place(), kind);
                weights_.mark_all(place);
            }
        } catch (const unreadable&) {
            weights_.mark_all(place);
            made = {{in.empty() ? no_value : in[0].id, -1}};
        }
        if (!made.empty() && made[0].id != no_value) to_.name_result(made[0].id, place.text());
        return made;
    }

    static layer_function find_layer(const std::string& kind, const json& entry) {
        // A class of somebody else may have the name of one of Keras'.
        const json* package = entry.find("registered_name");
        if (package != nullptr && package->text() != nullptr &&
            package->text()->find('>') != std::string::npos)
            return nullptr;
        for (const auto* table : {&convolution_layers(), &plain_layers(), &shape_layers(),
                                  &recurrent_layers(), &joining_layers(), &attention_layers()})
            if (const auto found = table->find(kind); found != table->end()) return found->second;
        return nullptr;
    }

    /// The layer within for each step: of layers on the last axis it is the layer itself.
    std::vector<symbol> time_distributed(call& at, int depth) {
        const json* inner = at.config.take({"layer"});
        if (inner == nullptr || inner->object() == nullptr) at.config.fail("a layer", "none");
        const std::string kind = text_member(*inner, "class_name", path_);
        const symbol x = at.only();
        if (x.rank < 3) at.config.fail("an input of three axes or more", std::to_string(x.rank));
        // Weights stand under the wrapper's name; in files of Keras 3 in its "layer".
        layer_place place = at.place;
        place.path += "/layer";
        if (kind == "Dense" || kind == "Activation" || kind == "Dropout" || kind == "ReLU" ||
            kind == "LeakyReLU") {
            return apply_inner(*inner, kind, {x}, place, depth);
        }
        builder& to = at.to;
        const std::int64_t end = std::numeric_limits<std::int64_t>::max();
        const auto part = [&](value_id from, std::int64_t first, std::int64_t last) {
            return to.node("Slice", {from, to.wholes({first}), to.wholes({last}), to.wholes({0})});
        };
        const value_id shape = to.node("Shape", {x.id});
        const value_id rows =
            to.node("Concat", {to.wholes({-1}), part(shape, 2, end)}, {{"axis", std::int64_t{0}}});
        const symbol each{to.node("Reshape", {x.id, rows}), x.rank - 1};
        const symbol y = apply_inner(*inner, kind, {each}, place, depth).at(0);
        if (y.rank < 0) throw unreadable{};
        to.layer = at.place.text();
        const value_id wide = to.node("Concat", {part(shape, 0, 2), part(to.node("Shape", {y.id}), 1, end)},
                                      {{"axis", std::int64_t{0}}});
        return {{to.node("Reshape", {y.id, wide}), y.rank + 1}};
    }
    std::vector<symbol> apply_inner(const json& inner, const std::string& kind, const std::vector<symbol>& in,
                                    const layer_place& place, int depth) {
        if (is_model(kind)) return apply(inner, in, place, depth);
        layer_config config(member(inner, "config", path_), place_text(place, kind), faults_);
        return apply_layer(kind, inner, config, in, place, depth);
    }

    weight_store& weights_;
    int version_;
    std::string path_;
    model made_;
    builder to_;
    faults faults_;
    std::vector<std::pair<std::string, std::string>> unknown_;  ///< places and classes
};

}  // namespace

model read_topology(const json& root, weight_store& weights, int version, const std::string& path,
                    const std::string& producer) {
    return reader(weights, version, path).read(root, producer);
}

}  // namespace archetype::graph::keras
