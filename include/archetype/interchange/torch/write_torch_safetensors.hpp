// SPDX-License-Identifier: BSL-1.0
/// @file write_torch_safetensors.hpp
/// Parameters of a model as a state dict of PyTorch, in a safetensors file.
#pragma once
#include <archetype/interchange/safetensors.hpp>
#include <archetype/interchange/state_dict_reader.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A state dict that has each tensor that it is asked for: what a reader asks for is what a writer has to write.
class asked_tensors final : public state_dict_tensors {
public:
    struct tensor {
        std::string name;
        std::vector<std::size_t> shape;
        bool is_asked = false;  ///< for its numbers
    };
    explicit asked_tensors(std::size_t most) : most_(most) {}
    const std::vector<tensor>& all() const { return all_; }

    std::size_t size() const override { return most_; }
    std::string name(std::size_t at) const override { return at < all_.size() ? all_[at].name : ""; }
    std::size_t find(std::string_view name) const override {
        std::size_t at = 0;
        while (at < all_.size() && all_[at].name != name) ++at;
        if (at == all_.size()) all_.push_back({std::string(name), {}});
        return at;
    }
    void want(std::size_t at, const std::vector<std::size_t>& shape) const override {
        all_[at].shape = shape;
        all_[at].is_asked = true;
    }
    std::optional<std::vector<std::size_t>> shape(std::size_t at, std::string&, std::string&) const override {
        return all_[at].shape;
    }
    bool read(std::size_t at, float* to, std::string&, std::string&) const override { return zeros(at, to); }
    bool read(std::size_t at, double* to, std::string&, std::string&) const override { return zeros(at, to); }

private:
    template <class T>
    bool zeros(std::size_t at, T* to) const {
        std::size_t count = 1;
        for (const std::size_t extent : all_[at].shape) count *= extent;
        std::fill_n(to, count, T(0));
        return true;
    }
    std::size_t most_;
    mutable std::vector<tensor> all_{};
};

/// Writes what the reader of state dicts reads: it is given files of numbers of elements, so that the parameters it fills tell
/// where each of them comes from, whatever order of axes, gates or flattened elements is between.
template <class Net, class T>
class torch_writer {
    using target = import_target<Net, T>;

public:
    torch_writer(const model<Net, T>& net, std::string path, std::vector<state_dict_module> modules,
                 const state_dict_options& options)
        : net_(net), path_(std::move(path)), modules_(std::move(modules)), options_(options) {
        options_.skip_keys = {""};
        const auto layers = import_layers<Net>();
        if (modules_.empty())
            for (const import_layer& layer : layers) {
                std::string name = layer.path;
                std::replace(name.begin(), name.end(), '/', '.');
                modules_.emplace_back(name);
            }
        for (std::size_t i = 0; i < layers.size() && i < modules_.size(); ++i)
            modules_[i].options.epsilon = target::at(layers[i]).epsilon;
    }

    std::optional<load_failure> write() {
        const asked_tensors asked(8 * unchecked_facts<Net>.size() + 8);
        model<Net, T> scratch = net_;
        if (auto failure = read(asked, scratch)) return failure;
        constants_.assign(scratch.data(), scratch.data() + scratch.size());
        std::size_t count = 0;
        for (const asked_tensors::tensor& one : asked.all()) {
            begins_.push_back(count);
            if (!one.is_asked) continue;
            std::size_t size = 1;
            for (const std::size_t extent : one.shape) size *= extent;
            count += size;
        }
        begins_.push_back(count);
        values_.assign(count, T(0));
        std::vector<bool> is_written(net_.size()), has_value(count);
        load_failure failure{path_, {}};
        // The bias of the state's product is 0 where the layer has one bias: PyTorch adds both.
        for (const bool second : {false, true}) {
            const auto from = sources(asked, scratch, second);
            if (!from) return failure_;
            for_each_tensor(
                [&](const import_layer& layer, std::size_t i, std::size_t begin, std::size_t end) {
                    bool is_shared = true;
                    for (std::size_t p = begin; p < end; ++p) {
                        const std::size_t element = (*from)[p];
                        if (element == none || is_written[p]) continue;
                        is_shared = is_shared && (!has_value[element] || values_[element] == net_.data()[p]);
                        values_[element] = net_.data()[p];
                        is_written[p] = has_value[element] = true;
                    }
                    if (!is_shared)
                        failure.mismatches.push_back({load_problem::unexpected, name_of(layer, i),
                                                      "one value where the module has one", "several"});
                });
        }
        // What the module has no tensor for is 1 or 0 there.
        for_each_tensor([&](const import_layer& layer, std::size_t i, std::size_t begin, std::size_t end) {
            for (std::size_t p = begin; p < end; ++p) {
                if (is_written[p] || net_.data()[p] == constants_[p]) continue;
                failure.mismatches.push_back(
                    {load_problem::unexpected, name_of(layer, i),
                     number_text(static_cast<double>(constants_[p])) + ", as the module has no tensor for it",
                     number_text(static_cast<double>(net_.data()[p]))});
                break;
            }
        });
        if (!failure.mismatches.empty()) return failure;
        return write_file(asked);
    }

private:
    std::optional<load_failure> read(const state_dict_tensors& file, model<Net, T>& to) {
        return state_dict_reader<Net, T>(path_, file, recurrent_dialect::pytorch(), options_)
            .read(to, modules_);
    }
    static bool is_second(const std::string& name) { return name.find("bias_hh_l") != name.npos; }

    /// For each parameter the element of the file that it is read from, or `none`.
    std::optional<std::vector<std::size_t>> sources(const asked_tensors& asked, model<Net, T>& scratch,
                                                    bool second) {
        constexpr std::size_t base = 1 << 20;  // numbers of 32 bits are exact, and 0 is none
        std::vector<std::size_t> found(net_.size(), none);
        for (std::size_t unit = 1; unit == 1 || unit < values_.size(); unit *= base) {
            std::vector<float> codes(values_.size());
            std::vector<tensor_entry> entries;
            for (std::size_t k = 0; k < asked.all().size(); ++k) {
                const asked_tensors::tensor& one = asked.all()[k];
                if (!one.is_asked) continue;
                if (is_second(one.name) == second)
                    for (std::size_t e = begins_[k]; e < begins_[k + 1]; ++e)
                        codes[e] = static_cast<float>(e / unit % base + 1);
                entries.push_back(make_tensor_entry<float>(
                    one.name, one.shape,
                    std::span<const float>(codes.data() + begins_[k], begins_[k + 1] - begins_[k])));
            }
            const entry_tensors file(entries);
            if (auto failure = read(file, scratch)) {
                failure_ = *std::move(failure);
                return std::nullopt;
            }
            for (std::size_t p = 0; p < found.size(); ++p) {
                const auto code = static_cast<std::size_t>(scratch.data()[p]);
                if (code != 0 && constants_[p] == 0)
                    found[p] = (found[p] == none ? 0 : found[p]) + (code - 1) * unit;
            }
        }
        return found;
    }
    template <class Visit>
    static void for_each_tensor(Visit visit) {
        for (const import_layer& layer : import_layers<Net>())
            for (std::size_t i = 0; i < target::at(layer).parameter_tensors; ++i) {
                const std::size_t begin = parameters_of<Net>.offsets[layer.node][i];
                visit(layer, i, begin,
                      begin + static_cast<std::size_t>(target::at(layer).parameters[i].extents.size()));
            }
    }
    static std::string name_of(const import_layer& layer, std::size_t tensor) {
        const text_view own = target::at(layer).parameters[tensor].name;
        return layer.path + "/" + std::string(own.data(), own.size());
    }

    std::optional<load_failure> write_file(const asked_tensors& asked) {
        std::vector<tensor_entry> entries;
        const std::int64_t batches = 0;
        for (std::size_t k = 0; k < asked.all().size(); ++k) {
            const asked_tensors::tensor& one = asked.all()[k];
            if (one.is_asked) {
                const std::span<const T> all(values_.data() + begins_[k], begins_[k + 1] - begins_[k]);
                if (const auto bad = first_bad_number(all))
                    return load_failure(path_, {{load_problem::not_finite, one.name, "finite numbers",
                                                 bad->message(one.shape)}});
                entries.push_back(make_tensor_entry<T>(one.name, one.shape, all));
            } else {  // of training: PyTorch wants it there
                entries.push_back({one.name, "I64", {}, std::as_bytes(std::span(&batches, 1))});
            }
        }
        if (auto failure = try_write_safetensors(entries, path_, {{"format", "pt"}}))
            return load_failure(*std::move(failure));
        return std::nullopt;
    }

    const model<Net, T>& net_;
    std::string path_;
    std::vector<state_dict_module> modules_;
    state_dict_options options_;
    std::vector<std::size_t> begins_{};
    std::vector<T> values_{}, constants_{};  ///< of the file; of a model that reads zeros
    load_failure failure_{};
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes the parameters of a model with PyTorch's names and axes, for `module.load_state_dict` of what
/// `safetensors.torch.load_file` reads: the layers that `load_state_dict` reads, in PyTorch's order of gates and of flattened
/// elements (`options.flatten`). A recurrent layer with one bias has zeros for PyTorch's second one; a GRU must reset after the
/// product. The epsilon of normalizations is not in a state dict.
/// @param modules  the module of each layer with parameters, in the network's order; without any the layers' paths with dots
/// @return layers that PyTorch does not have in this form, parameters that are not finite, or why the file cannot be written
template <class Net, class T>
[[nodiscard]] std::optional<load_failure> try_write_torch_safetensors(
    const model<Net, T>& net, const std::filesystem::path& path, std::vector<state_dict_module> modules = {},
    const state_dict_options& options = {}) {
    return detail::without_throwing(path.string(), [&]() -> std::optional<load_failure> {
        return detail::torch_writer<Net, T>(net, path.string(), std::move(modules), options).write();
    });
}
#if defined(__cpp_exceptions)
/// The same with an exception. @throws load_error with nothing written
template <class Net, class T>
void write_torch_safetensors(const model<Net, T>& net, const std::filesystem::path& path,
                             std::vector<state_dict_module> modules = {},
                             const state_dict_options& options = {}) {
    if (auto failure = try_write_torch_safetensors(net, path, std::move(modules), options))
        throw load_error(*std::move(failure));
}
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
