// SPDX-License-Identifier: BSL-1.0
/// @file nam.hpp
/// Amplifier models of Neural Amp Modeler: `.nam` files of versions 0.5 to 0.7.
#pragma once
#include <archetype/interchange/nam/target.hpp>
#include <archetype/interchange/nam/wavenet.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a `.nam` file says to the program that plays it. Nothing of it is applied to the network.
struct nam_properties {
    std::string version{}, architecture{};  ///< of the network that was read
    std::string name{};                     ///< empty if the file has none
    std::optional<double> sample_rate{};    ///< of the signal, in Hz; the network is right at no other
    std::optional<double> loudness{};       ///< of its result on the trainer's test signal, in dB
    std::optional<double> gain{};           ///< how hard it distorts, 0 to 1: no factor of anything
    std::optional<double> input_level_dbu{}, output_level_dbu{};  ///< of a sine of amplitude 1
    std::size_t submodel = 0, submodels = 1;                      ///< which network of how many was read
    double max_value = 1;                                         ///< the sizes below which it is chosen
};

/// Which network of a container to read: by its place, or as players choose by a size of 0 to 1.
struct nam_options {
    std::optional<std::size_t> submodel{};
    double size = 1;  ///< the first network whose `max_value` is larger, or else the last
    std::vector<std::string> skip_keys{};  ///< that the reader does not know and may leave out
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

class nam_file_reader {
public:
    nam_file_reader(nam_report& report, nam_graph& graph, nam_properties& metadata)
        : report_(report), graph_(graph), metadata_(metadata) {}

    /// The network of a file, a container's choice included, over the graph's input.
    std::size_t read(const json_document& document, const nam_options& options, std::size_t input) {
        document_ = &document;
        return read_model(document, "", &options, std::nullopt, input);
    }

private:
    /// `options` if it may be a container, `rate` that it must have.
    std::size_t read_model(const json_value& object, const std::string& place, const nam_options* options,
                           std::optional<double> rate, std::size_t input) {
        nam_fields fields(report_, object, place);
        fields.skip({"notes", "date"});  // what people wrote about it
        const std::string architecture = fields.text("architecture"),
                          version = fields.text("version", "0.5.0");
        const auto config = fields.take("config"), weights = fields.take("weights");
        const auto own_rate = fields.number("sample_rate");
        const bool is_inner = !place.empty() && options == nullptr && !is_choice_;
        is_choice_ = false;
        check_version(fields, version);
        if (own_rate && !(*own_rate > 0))
            report_.add(load_problem::shape, fields.at("sample_rate"), "a rate above 0",
                        number_text(*own_rate));
        if (own_rate && rate && *own_rate != *rate)
            report_.add(load_problem::shape, fields.at("sample_rate"),
                        number_text(*rate) + ", the rate of the file around it", number_text(*own_rate));
        if (const auto found = fields.take("metadata"))
            read_metadata(*found, fields.at("metadata"), is_inner);
        fields.finish();
        if (!config) fields.missing("config", "an object");
        if (!weights) fields.missing("weights", "an array of numbers");
        if (report_.failed()) return input;
        if (!is_inner) {
            metadata_.version = version;
            metadata_.architecture = architecture;
            if (own_rate) metadata_.sample_rate = own_rate;
        }
        if (architecture == "SlimmableContainer" && options != nullptr) {
            if (weights->type() != json_value::kind::array || weights->element_count() != 0)
                fields.wrong("weights", "an empty array", *weights);
            return read_container(*config, fields.at("config"), *options, own_rate, input);
        }
        const std::vector<float>* const numbers = numbers_of(*weights, fields);
        if (numbers == nullptr) return input;
        nam_wavenet builder(report_, graph_, *numbers, place);
        if (architecture == "LSTM") return builder.lstm(*config, input);
        if (architecture == "ConvNet") return builder.conv_net(*config, input);
        if (architecture == "Linear") return builder.linear(*config, input);
        if (architecture == "WaveNet") {
            nam_fields own(report_, *config, fields.at("config"));
            std::size_t condition = input;
            if (const auto inner = own.take("condition_dsp"))
                condition = read_model(*inner, own.at("condition_dsp"), nullptr, own_rate, input);
            return builder.read(own, input, condition);
        }
        report_.add(load_problem::shape, fields.at("architecture"),
                    options != nullptr ? "architecture LSTM or WaveNet, ConvNet, Linear or SlimmableContainer"
                                       : "WaveNet, LSTM, ConvNet or Linear",
                    '"' + architecture.substr(0, 60) + '"');
        return input;
    }

    std::size_t read_container(const json_value& config, const std::string& place, const nam_options& options,
                               std::optional<double> rate, std::size_t input) {
        nam_fields fields(report_, config, place);
        const auto found = fields.take("submodels");
        fields.finish();
        if (!found || found->type() != json_value::kind::array || found->element_count() == 0)
            report_.add(load_problem::missing, fields.at("submodels"), "an array of networks",
                        found ? found->summary() : "no such member");
        if (report_.failed()) return input;
        const std::vector<json_value> all = found->elements();
        std::vector<json_value> models;
        std::vector<double> bounds;
        for (std::size_t i = 0; i < all.size(); ++i) {
            nam_fields one(report_, all[i], fields.at(nam_fields::item("submodels", i)));
            const auto bound = one.number("max_value");
            const auto model = one.take("model");
            one.finish();
            if (!bound) one.missing("max_value", "a number");
            if (!model) one.missing("model", "an object");
            if (report_.failed()) return input;
            if (!bounds.empty() && !(*bound > bounds.back()))
                report_.add(load_problem::shape, one.at("max_value"),
                            "more than " + number_text(bounds.back()) + ", the one before",
                            number_text(*bound));
            bounds.push_back(*bound);
            models.push_back(*model);
        }
        if (bounds.back() < 1)
            report_.add(load_problem::shape, fields.at("submodels"), "1 or more as the last max_value",
                        number_text(bounds.back()));
        std::size_t chosen = bounds.size() - 1;
        for (std::size_t i = bounds.size(); i-- > 0;)
            if (options.size < bounds[i]) chosen = i;
        if (options.submodel) chosen = *options.submodel;
        if (chosen >= bounds.size())
            report_.add(load_problem::missing, fields.at("submodels"),
                        "a network of index " + std::to_string(chosen),
                        std::to_string(bounds.size()) + " networks");
        if (report_.failed()) return input;
        metadata_.submodel = chosen;
        metadata_.submodels = bounds.size();
        metadata_.max_value = bounds[chosen];
        is_choice_ = true;
        return read_model(models[chosen], fields.at(nam_fields::item("submodels", chosen)) + ".model",
                          nullptr, rate, input);
    }

    /// 0.5.0 to 0.7.x.
    void check_version(nam_fields& fields, const std::string& version) {
        std::size_t dots = 0;
        bool good = !version.empty() && version.size() < 40 && version.back() != '.';
        for (std::size_t i = 0; i < version.size() && good; ++i) {
            const bool is_dot = version[i] == '.';
            dots += is_dot;
            good = is_dot ? i != 0 && version[i - 1] != '.' : version[i] >= '0' && version[i] <= '9';
        }
        good = good && dots == 2;
        const std::string_view start = std::string_view(version).substr(0, 4);
        if (!good || (start != "0.5." && start != "0.6." && start != "0.7."))
            report_.add(load_problem::shape, fields.at("version"), "0.5.0 to 0.7.x",
                        '"' + version.substr(0, 40) + '"');
    }

    /// All of it is about the network; no player computes with what is not returned.
    void read_metadata(const json_value& object, const std::string& place, bool is_inner) {
        nam_fields fields(report_, object, place);
        nam_properties found = metadata_;
        const auto take = [&](const char* key, std::optional<double>& to) {
            if (const auto number = fields.number(key)) to = number;
        };
        take("loudness", found.loudness);
        take("gain", found.gain);
        take("input_level_dbu", found.input_level_dbu);
        take("output_level_dbu", found.output_level_dbu);
        if (const std::string name = fields.text("name", ""); !name.empty()) found.name = name;
        if (!is_inner) metadata_ = found;
    }

    const std::vector<float>* numbers_of(const json_value& weights, nam_fields& fields) {
        tensor_problem problem;
        auto numbers = tensor_of(weights, problem);
        if (numbers && numbers->shape.size() == 1)
            return &graph_.weights.emplace_back(std::move(numbers->values));
        report_.add(load_problem::shape, fields.at("weights"),
                    numbers ? "one list of numbers" : problem.expected,
                    numbers ? archetype::shape_text(numbers->shape) : problem.found_in(*document_));
        return nullptr;
    }

    nam_report& report_;
    nam_graph& graph_;
    nam_properties& metadata_;
    const json_document* document_ = nullptr;
    bool is_choice_ = false;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads a `.nam` file into a network that computes the same, in whatever way it is written: `lstm` layers with
/// `given_initial_state` and a dense head, a `zoo::wavenet`, a `zoo::amp_wavenet`, one's own. All of it, or nothing. The
/// scale of a WaveNet's head goes into the weights of its head.
/// @return what the file says to the caller, or what does not fit, with nothing written
template <class Net, class T>
load_result<nam_properties> try_load_nam(model<Net, T>& net, const std::filesystem::path& path,
                                         const nam_options& options = {}) {
    const auto document = detail::try_read_json(path);
    if (!document) return detail::import_failure(document.failure());
    detail::nam_report report{{path.string(), {}}, &options.skip_keys};
    detail::nam_graph graph;
    nam_properties found;
    using target = detail::nam_target<Net, T>;
    graph.step_limit = 64 + 4 * target::contractions();
    const shape& input = detail::unchecked_facts<Net>.input;
    if (input.rank != 2)
        report.add(load_problem::shape, "the network", "an input of {time, channels}",
                   archetype::shape_text(std::span(input.extents, input.rank)));
    else
        graph.result = detail::nam_file_reader(report, graph, found)
                           .read(*document, options, graph.input(input.channels()));
    if (report.failed()) return std::move(report.failure);
    if (auto failure = target(path.string(), graph).read(net)) return *std::move(failure);
    return found;
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
[[nodiscard]] nam_properties load_nam(model<Net, T>& net, const std::filesystem::path& path,
                                      const nam_options& options = {}) {
    return try_load_nam(net, path, options).value();
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
