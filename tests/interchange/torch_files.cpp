// SPDX-License-Identifier: BSL-1.0
// Files of torch.save: tensors with their types and strides, weights of a network against PyTorch, and what is refused.
#include <archetype/archetype.hpp>
#include <archetype/interchange/load_torch.hpp>
#include <archetype/interchange/state_dict.hpp>
#include <archetype/interchange/torch/write_torch_safetensors.hpp>
#include <catch.hpp>
#include <fstream>

#include "../temporary_directory.hpp"
#include "cnn_of_torch.hpp"
#include "torch_files.hpp"

namespace {

namespace at = archetype;
const std::filesystem::path files = std::filesystem::path(__FILE__).parent_path() / "torch_files";

std::vector<std::byte> bytes_of(const char* name) { return *at::try_read_file(files / name); }
std::string problem(std::vector<std::byte> bytes, const std::string& member = "") {
    const auto file = at::try_parse_torch(std::move(bytes), "x.pt", {member});
    return file ? "" : file.failure().message();
}
using Catch::Contains;
using namespace std::string_literals;

}  // namespace

TEST_CASE("torch files: every type, transposed, cut out and shared storages") {
    for (const char* name : {"strides.pt", "strides_old.pt"}) {
        const auto file = at::read_torch(files / name);
        CHECK(file.tensors().size() == torch_files::strides.size());
        CHECK(file.find("nothing") == nullptr);
        for (const auto& wanted : torch_files::strides) {
            INFO(name << ": " << wanted.name);
            const at::tensor_entry* const found = file.find(wanted.name);
            REQUIRE(found != nullptr);
            CHECK(found->dtype == wanted.type);
            CHECK(found->shape == wanted.shape);
            CHECK(*at::values_of<double>(*found) == wanted.values);
        }
    }
}

TEST_CASE("torch files: a network computes what PyTorch computes") {
    for (const char* name : {"cnn.pt", "cnn_old.pt"}) {
        at::model<cnn_of_torch::net> net{at::seed{5}};
        at::load_torch(net, files / name, cnn_of_torch::modules, {.epsilon = 1e-5});
        CHECK(cnn_of_torch::difference(net) < 1e-5);
    }
    at::model<cnn_of_torch::net> net{at::seed{6}};
    at::load_torch(net, files / "checkpoint.pt", cnn_of_torch::modules,
                   {.epsilon = 1e-5, .member = "state_dict"});
    CHECK(cnn_of_torch::difference(net) < 1e-5);
    // What a checkpoint has beside the state dict is of training, or named.
    const auto unknown = at::try_load_torch(net, files / "unknown_beside.pt", cnn_of_torch::modules,
                                            {.epsilon = 1e-5, .member = "model"});
    REQUIRE(unknown);
    CHECK_THAT(unknown->message(), Contains("arguments: expected no key of this name"));
    CHECK_FALSE(at::try_load_torch(net, files / "unknown_beside.pt", cnn_of_torch::modules,
                                   {.epsilon = 1e-5, .member = "model", .skip_keys = {"arguments"}}));
    // A module that nobody names is an error, as in other files.
    const std::vector<at::state_dict_module> fewer(cnn_of_torch::modules.begin(),
                                                   cnn_of_torch::modules.end() - 1);
    CHECK(at::try_load_torch(net, files / "cnn.pt", fewer, {.epsilon = 1e-5}));
    CHECK_THAT(
        at::try_load_state_dict(net, files / "cnn.pt", cnn_of_torch::modules, {.epsilon = 1e-5})->message(),
        Contains("expected safetensors or JSON, found a file of torch.save, which load_torch reads"));
}

TEST_CASE("torch files: all tensors of a checkpoint, to look at") {
    const auto file = at::read_torch(files / "checkpoint.pt", {.everywhere = true});
    CHECK(file.tensors().size() == at::read_torch(files / "cnn.pt").tensors().size());
    REQUIRE(file.find("state_dict/0.weight") != nullptr);
    CHECK(*at::values_of<float>(*file.find("state_dict/0.weight")) ==
          *at::values_of<float>(*at::read_torch(files / "cnn.pt").find("0.weight")));
    const std::vector<std::string> others(file.other_keys().begin(), file.other_keys().end());
    CHECK(std::find(others.begin(), others.end(), "epoch") != others.end());
    CHECK(std::find(others.begin(), others.end(), "optimizer/param_groups") != others.end());
    CHECK(at::read_torch(files / "nested.pt", {.everywhere = true}).tensors().size() == 1);
}

TEST_CASE("torch files: what is no state dict is named") {
    CHECK_THAT(problem(bytes_of("module.pt")),
               Contains("expected a state dict (torch.save(module.state_dict(), path)), "
                        "found an object of __main__.Net"));
    CHECK_THAT(problem(bytes_of("tensor.pt")),
               Contains("found an object of torch._utils._rebuild_tensor_v2"));
    CHECK_THAT(problem(bytes_of("script.pt")), Contains("found a program of TorchScript (torch.jit.save)"));
    CHECK_THAT(
        problem(bytes_of("sparse.pt")),
        Contains("tensor \"a\": a dense tensor, found an object of torch._utils._rebuild_sparse_tensor"));
    CHECK_THAT(problem(bytes_of("nested.pt")),
               Contains("expected a state dict, found a checkpoint with a, b: say which is the state dict"));
    CHECK_THAT(problem(bytes_of("checkpoint.pt"), "model"),
               Contains("expected a dict with \"model\", found epoch, state_dict, optimizer, loss"));
    CHECK_THAT(problem({}), Contains("expected a file of torch.save, found an empty file"));
    CHECK_THAT(problem(std::vector<std::byte>(500, std::byte{'x'})), Contains("found something else"));
    std::vector<std::byte> tar(600);
    for (std::size_t i = 0; i < 5; ++i) tar[257 + i] = static_cast<std::byte>("ustar"[i]);
    CHECK_THAT(problem(tar), Contains("found an older one, a tar archive"));
}

TEST_CASE("torch files: cut short or changed anywhere, nothing is read beyond the end") {
    for (const char* name : {"strides.pt", "strides_old.pt", "checkpoint.pt"}) {
        const std::vector<std::byte> whole = bytes_of(name);
        const std::string member = std::string(name) == "checkpoint.pt" ? "state_dict" : "";
        REQUIRE(problem(whole, member).empty());
        for (std::size_t size = 0; size < whole.size(); size += 7)
            CHECK_FALSE(
                problem({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, member).empty());
        // A changed byte is another number or a message; what is read stays within the file.
        for (std::size_t at = 0; at < whole.size(); at += 3) {
            std::vector<std::byte> changed = whole;
            changed[at] ^= std::byte{0x41};
            const auto file = at::try_parse_torch(changed, "x.pt", {member});
            if (file)
                for (const at::tensor_entry& tensor : (*file).tensors()) CHECK(at::values_of<double>(tensor));
        }
    }
}

TEST_CASE("torch files: claims are checked before there is memory") {
    // A pickle of one tensor of the old format: a storage of 4 elements, an offset, sizes and strides.
    const auto with = [](std::string offset, std::string sizes, std::string strides) {
        const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
                          version = "\x80\x02M\xe9\x03.", machine = "\x80\x02}.";
        std::string dict = "\x80\x02}X\x01";
        dict += std::string("\0\0\0", 3) + "actorch._utils\n_rebuild_tensor_v2\n((X\x07";
        dict += std::string("\0\0\0", 3) + "storagectorch\nFloatStorage\nX\x01" + std::string("\0\0\0", 3) +
                "0X\x03" + std::string("\0\0\0", 3) + "cpuK\x04NtQ" + offset + sizes + strides + "\x89}tRs.";
        std::string keys = "\x80\x02]X\x01" + std::string("\0\0\0", 3) + "0a.";
        std::string text = magic + version + machine + dict + keys + "\x04" + std::string(7 + 16, '\0');
        std::vector<std::byte> bytes(text.size());
        std::memcpy(bytes.data(), text.data(), text.size());
        return bytes;
    };
    CHECK(problem(with("K\x00"s, "K\x04\x85", "K\x01\x85")).empty());
    CHECK_THAT(problem(with("K\x01", "K\x04\x85", "K\x01\x85")),
               Contains("elements within the 4 of its storage, found one at 4"));
    CHECK_THAT(problem(with("K\x00"s, "K\x02\x85", "K\x04\x85")), Contains("found one at 4"));
    // Strides of 0 make much of little.
    CHECK_THAT(problem(with("K\x00"s, "J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", "K\x00K\x00\x86"s)),
               Contains("at most the 4 elements of its storage"));
    CHECK_THAT(problem(with("J\xff\xff\xff\xff", "K\x04\x85", "K\x01\x85")),
               Contains("at most the 4 elements"));
    CHECK_THAT(problem(with("K\x00"s, "K\x04\x85", "K\x01K\x01\x86")), Contains("as many strides as sizes"));
}

TEST_CASE("torch files: what is written is the state dict that PyTorch wrote") {
    const testing::temporary_directory temporary;
    const std::filesystem::path& folder = temporary.path();
    const auto path = folder / "cnn.safetensors";
    at::model<cnn_of_torch::net> net{at::seed{7}};
    at::load_torch(net, files / "cnn.pt", cnn_of_torch::modules, {.epsilon = 1e-5});
    at::write_torch_safetensors(net, path, cnn_of_torch::modules);
    const auto wanted = at::read_torch(files / "cnn.pt");
    const auto found = at::read_safetensors(path);
    CHECK(found.tensors().size() == wanted.tensors().size());
    for (const at::tensor_entry& one : wanted.tensors()) {
        INFO(one.name);
        const at::tensor_entry* const written = found.find(one.name);
        REQUIRE(written != nullptr);
        CHECK(written->shape == one.shape);
        CHECK(written->dtype == one.dtype);
        if (one.dtype == "F32") CHECK(*at::values_of<float>(*written) == *at::values_of<float>(one));
    }
    // A tensor that the module does not have must be what the module computes with.
    net.data()[at::model<cnn_of_torch::net>::trainable_size() - 1] = 0.5f;
    std::vector<at::state_dict_module> plain = cnn_of_torch::modules;
    plain.back().options.affine = false;
    CHECK_THAT(at::try_write_torch_safetensors(net, folder / "no.safetensors", plain)->message(),
               Contains("as the module has no tensor for it"));
    CHECK_FALSE(std::filesystem::exists(folder / "no.safetensors"));
}

TEST_CASE("torch files: gates, two directions and biases are written in PyTorch's order") {
    using net =
        at::network<at::input<5, 3>, at::bidirectional<at::lstm<4, at::return_sequences>>,
                    at::named<"gru", at::gru<3, at::reset_after, at::return_sequences>>,
                    at::lstm<4, at::proj_size<3>, at::return_sequences>, at::simple_rnn<2>, at::dense<6>>;
    const testing::temporary_directory temporary;
    const std::filesystem::path& folder = temporary.path();
    const std::vector<at::state_dict_module> modules{"lstm", "lstm", "gru", "projected", "rnn", "head"};
    at::model<net> model{at::seed{8}}, again{at::seed{9}};
    for (std::size_t i = 0; i < model.size(); ++i)
        model.data()[i] = 0.01f * static_cast<float>(i % 97) - 0.4f;
    at::write_torch_safetensors(model, folder / "x.safetensors", modules);
    at::load_state_dict(again, folder / "x.safetensors", modules, at::recurrent_dialect::pytorch());
    at::detail::for_each_parameter<net>(
        [&](const std::string& name, const std::vector<std::size_t>& extents, std::size_t begin) {
            INFO(name);
            std::size_t size = 1;
            for (const std::size_t extent : extents) size *= extent;
            CHECK(std::equal(model.data() + begin, model.data() + begin + size, again.data() + begin));
        });
    const auto file = at::read_safetensors(folder / "x.safetensors");
    // PyTorch has the columns of the candidate's gate where this library has the rows: gate 2 of i, f, g, o.
    const auto weight = *at::values_of<float>(*file.find("lstm.weight_ih_l0"));
    CHECK(file.find("lstm.weight_ih_l0")->shape == std::vector<std::size_t>{16, 3});
    for (std::size_t row = 0; row < 16; ++row)
        for (std::size_t column = 0; column < 3; ++column)
            CHECK(weight[row * 3 + column] == model.data()[column * 16 + row]);
    CHECK(*at::values_of<float>(*file.find("lstm.bias_hh_l0_reverse")) == std::vector<float>(16, 0.f));
    // r, z, n there; z, r, n here.
    const std::size_t gru = 2 * (3 + 4 + 1) * 16;
    CHECK((*at::values_of<float>(*file.find("gru.weight_ih_l0")))[0] == model.data()[gru + 3]);
    using before = at::network<at::input<5, 3>, at::gru<4>>;
    CHECK_THAT(at::try_write_torch_safetensors(at::model<before>{}, folder / "no.safetensors")->message(),
               Contains("gru: form: expected reset before the product, found reset after the product"));
    using paths = at::network<at::input<4>, at::sequence<at::named<"head", at::dense<2>>>>;
    at::write_torch_safetensors(at::model<paths>{}, folder / "paths.safetensors");
    CHECK(at::read_safetensors(folder / "paths.safetensors").find("head.weight") != nullptr);
}
