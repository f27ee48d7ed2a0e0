// SPDX-License-Identifier: BSL-1.0
/// @file nam.hpp
/// Amplifier models of Neural Amp Modeler: `.nam` files of architecture LSTM and WaveNet.
#pragma once
#include <archetype/interchange/import_target.hpp>

namespace archetype {

namespace detail {

template <class Net, class T>
class nam_reader {
public:
    nam_reader(const std::string& path, const std::vector<float>& weights)
        : target_(path), weights_(weights), layers_(import_layers<Net>()) {}

    std::optional<load_failure> read_lstm(model<Net, T>& to, const json_value& config) {
        const std::size_t count = number(config, "num_layers"), units = number(config, "hidden_size");
        std::size_t inputs = number(config, "input_size");
        for (std::size_t i = 0; i < count; ++i, inputs = units) {
            const import_layer* const layer = take("lstm");
            if (layer == nullptr) return finish(to);
            imported_tensor kernel{{inputs, 4 * units}, std::vector<float>(inputs * 4 * units)},
                recurrent{{units, 4 * units}, std::vector<float>(units * 4 * units)}, bias{{4 * units}, {}},
                state{{2, units}, {}};
            for (std::size_t k = 0; k < 4 * units; ++k) {
                for (std::size_t m = 0; m < inputs; ++m) kernel.values[m * 4 * units + k] = next();
                for (std::size_t m = 0; m < units; ++m) recurrent.values[m * 4 * units + k] = next();
            }
            for (std::size_t k = 0; k < 4 * units; ++k) bias.values.push_back(next());
            for (std::size_t k = 0; k < 2 * units; ++k) state.values.push_back(next());
            target_.set(*layer, 0, kernel);
            target_.set(*layer, 1, recurrent);
            if (!target_.expect(*layer, "parameters",
                                layer->has_initial_state ? "4" : "4, with given_initial_state",
                                std::to_string(target::at(*layer).parameter_tensors)))
                continue;
            target_.set(*layer, 2, bias);
            target_.set(*layer, 3, state);
        }
        if (const import_layer* const head = take("dense")) {
            set_product(*head, units, 1, 1);
            set_bias(*head, 1, 1);
        }
        return finish(to);
    }

    std::optional<load_failure> read_wavenet(model<Net, T>& to, const json_value& config) {
        const auto found = config.find("layers");
        const std::vector<json_value> arrays = found ? found->elements() : std::vector<json_value>{};
        const std::size_t count = arrays.size();
        const float scale = weights_.empty() ? 1 : weights_.back();
        for (std::size_t i = 0; i < count; ++i) {
            const json_value& array = arrays[i];
            const bool last = i + 1 == count;
            const std::size_t channels = number(array, "channels");
            if (const import_layer* const rechannel = take("dense"))
                set_product(*rechannel, number(array, "input_size"), channels, 1);
            const auto steps = array.find("dilations");
            const std::vector<std::size_t> dilations =
                steps ? steps->sizes().value_or(std::vector<std::size_t>{}) : std::vector<std::size_t>{};
            for (std::size_t k = 0; k < dilations.size(); ++k)
                read_layer(array, dilations[k], last && k + 1 == dilations.size());
            if (const import_layer* const head = take("dense")) {
                const std::size_t size = number(array, "head_size");
                set_product(*head, channels, size, last ? scale : 1);
                if (flag(array, "head_bias"))
                    set_bias(*head, size, last ? scale : 1);
                else
                    target_.expect(*head, "parameters", "1",
                                   std::to_string(target::at(*head).parameter_tensors));
            }
        }
        next();  // the scale
        return finish(to);
    }

private:
    using target = import_target<Net, T>;

    static std::size_t number(const json_value& object, std::string_view key) {
        const auto value = number_of(object.find(key));
        return value && *value >= 0 && *value < 1e6 ? static_cast<std::size_t>(*value) : 0;
    }
    static bool flag(const json_value& object, std::string_view key) {
        const auto found = object.find(key);
        return found && found->type() == json_value::kind::boolean && found->text() == "true";
    }
    /// The next layer of the network, which must be of this kind.
    const import_layer* take(const char* kind) {
        if (used_ == layers_.size()) {
            target_.report(load_problem::unexpected, "the network", "a further layer " + std::string(kind),
                           "its end");
            return nullptr;
        }
        const import_layer& layer = layers_[used_++];
        return target_.expect(layer, "layer", target::kind(layer), kind) ? &layer : nullptr;
    }
    float next() { return at_ < weights_.size() ? weights_[at_++] : (++at_, 0.f); }

    /// A 1x1: [out][in] becomes [in][out].
    void set_product(const import_layer& layer, std::size_t in, std::size_t out, float scale) {
        imported_tensor kernel{{in, out}, std::vector<float>(in * out)};
        for (std::size_t o = 0; o < out; ++o)
            for (std::size_t i = 0; i < in; ++i) kernel.values[i * out + o] = scale * next();
        target_.set(layer, 0, kernel);
    }
    void set_bias(const import_layer& layer, std::size_t size, float scale) {
        imported_tensor bias{{size}, {}};
        for (std::size_t i = 0; i < size; ++i) bias.values.push_back(scale * next());
        if (target_.expect(layer, "parameters", std::to_string(target::at(layer).parameter_tensors), "2"))
            target_.set(layer, 1, bias);
    }

    /// One layer: its convolution [out][in][tap] and mixer, for a gated one in halves of filter and gate, then its 1x1, which
    /// nobody reads in the last one.
    void read_layer(const json_value& array, std::size_t dilation, bool last) {
        const std::size_t channels = number(array, "channels"), taps = number(array, "kernel_size"),
                          inputs = number(array, "condition_size"), halves = flag(array, "gated") ? 2 : 1;
        const import_layer *mixers[2]{}, *convolutions[2]{};
        for (std::size_t h = 0; h < halves; ++h) {
            mixers[h] = take("dense");
            convolutions[h] = take("conv1d");
            if (mixers[h] == nullptr || convolutions[h] == nullptr) return;
            const window_axis& time = target::at(*convolutions[h]).window.columns;
            target_.expect(*convolutions[h], "dilation", std::to_string(time.dilation),
                           std::to_string(dilation));
            check_activation(*convolutions[h], h == 0 ? array.find("activation") : std::nullopt);
        }
        for (std::size_t h = 0; h < halves; ++h) {
            imported_tensor kernel{{taps, channels, channels},
                                   std::vector<float>(taps * channels * channels)};
            for (std::size_t o = 0; o < channels; ++o)
                for (std::size_t i = 0; i < channels; ++i)
                    for (std::size_t k = 0; k < taps; ++k)
                        kernel.values[(k * channels + i) * channels + o] = next();
            target_.set(*convolutions[h], 0, kernel);
        }
        for (std::size_t h = 0; h < halves; ++h) set_bias(*convolutions[h], channels, 1);
        for (std::size_t h = 0; h < halves; ++h) set_product(*mixers[h], inputs, channels, 1);
        if (last) {
            for (std::size_t i = 0; i < channels * (channels + 1); ++i) next();
        } else if (const import_layer* const residual = take("dense")) {
            set_product(*residual, channels, channels, 1);
            set_bias(*residual, channels, 1);
        }
    }

    /// The layers after the convolution: its sum with the condition, then the activation. A function of one's own (a faster
    /// tanh) has no name to compare.
    void check_activation(const import_layer& layer, const std::optional<json_value>& activation) {
        if (!activation) return;
        std::string wanted = activation->text();
        for (char& c : wanted) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        const node& next = unchecked_facts<Net>.nodes[layer.node + 2];
        if (next.kind != "activation")
            target_.expect(layer, "activation", std::string(next.kind.data(), next.kind.size()), wanted);
    }

    std::optional<load_failure> finish(model<Net, T>& to) {
        if (at_ != weights_.size())
            target_.report(load_problem::shape, "weights",
                           std::to_string(at_) + " numbers for its configuration",
                           std::to_string(weights_.size()));
        if (used_ != layers_.size())
            target_.report(load_problem::missing, layers_[used_].path, target::kind(layers_[used_]),
                           "the end of the file");
        return target_.finish(to);
    }

    target target_;
    const std::vector<float>& weights_;
    std::vector<import_layer> layers_;
    std::size_t used_ = 0, at_ = 0;
};

}  // namespace detail

/// Reads a `.nam` file into a network of the same structure: `lstm` layers with `given_initial_state` and a dense head, or
/// a `zoo::wavenet`. All of it, or nothing. The scale of a WaveNet's head goes into the weights of its head.
/// @return what does not fit, with nothing written
template <class Net, class T>
std::optional<load_failure> try_load_nam(model<Net, T>& net, const std::filesystem::path& path) {
    const auto document = detail::try_read_json(path);
    if (!document) return detail::import_failure(document.failure());
    const auto fail = [&](std::string expected, std::string found) {
        return detail::import_failure({path.string(), std::move(expected), std::move(found)});
    };
    const auto architecture = document->find("architecture"), config = document->find("config"),
               weights = document->find("weights");
    if (!architecture || !config || !weights)
        return fail("members \"architecture\", \"config\" and \"weights\"", "an object without one of them");
    detail::tensor_problem problem;
    const auto numbers = detail::tensor_of(*weights, problem);
    if (!numbers) return fail("weights: " + problem.expected, problem.found_in(*document));
    if (numbers->shape.size() != 1)
        return fail("weights as one list of numbers", archetype::shape_text(numbers->shape));
    detail::nam_reader<Net, T> reader(path.string(), numbers->values);
    if (architecture->text() == "LSTM") return reader.read_lstm(net, *config);
    if (architecture->text() == "WaveNet") return reader.read_wavenet(net, *config);
    return fail("architecture LSTM or WaveNet", '"' + architecture->text() + '"');
}

/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void load_nam(model<Net, T>& net, const std::filesystem::path& path) {
    if (auto failure = try_load_nam(net, path)) throw load_error(*std::move(failure));
}

}  // namespace archetype
