// SPDX-License-Identifier: BSL-1.0
#include "names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace archetype::lower {

namespace {

constexpr std::array endings{".weight",
                             ".bias",
                             ".gamma",
                             ".beta",
                             ".kernel",
                             "/kernel",
                             "/bias",
                             "/gamma",
                             "/weights",
                             "/weight",
                             "_weights",
                             "_weight",
                             "_kernel",
                             "/ReadVariableOp",
                             "/BiasAdd",
                             "/MatMul",
                             "/Conv2D",
                             "/Conv1D",
                             "/depthwise",
                             "/Conv",
                             "/Gemm",
                             "/Tensordot",
                             "/FusedBatchNormV3",
                             "/FusedBatchNorm",
                             "/BatchNormalization",
                             "/BatchNorm",
                             "_ReadVariableOp",
                             "_w_0",
                             ".w_0",
                             ".b_0",
                             ".W",
                             ".R",
                             "_w",
                             "_W",
                             "_b_0",
                             "_b",
                             "_s_0",
                             "_s",
                             "_prequant",
                             "_dequantize",
                             "_fold_bias",
                             "_weights_fused_bn",
                             "_weight_fused_bn",
                             "/separable_conv2d",
                             "/ExpandDims",
                             "/ExpandDims_1",
                             "/Reshape",
                             "/conv1d",
                             "_fused_bn",
                             "/Relu",
                             "/Relu6",
                             "/Sigmoid",
                             "/Tanh",
                             "/bn_scale_0",
                             ".bn_scale_0",
                             "_bn_scale_0",
                             "/LSTM",
                             ":0"};

std::string cleaned(std::string text) {
    for (bool again = true; again;) {
        again = false;
        for (const std::string_view ending : endings) {
            if (text.size() > ending.size() && text.ends_with(ending)) {
                text.resize(text.size() - ending.size());
                again = true;
            }
        }
        // "Conv2D_1": a number that an exporter added to an operator.
        const std::size_t line = text.rfind('_');
        const std::size_t slash = text.rfind('/');
        if (line != text.npos && slash != text.npos && line > slash && line + 1 < text.size() &&
            std::all_of(text.begin() + static_cast<std::ptrdiff_t>(line) + 1, text.end(),
                        [](unsigned char c) { return std::isdigit(c) != 0; }) &&
            std::isupper(static_cast<unsigned char>(text[slash + 1])) != 0) {
            text.resize(line);
            again = true;
        }
    }
    for (const std::string_view beginning : {"StatefulPartitionedCall/", "functional_1/", "model_1/",
                                             "model/", "sequential/", "sequential_1/", "/"})
        if (text.starts_with(beginning)) text.erase(0, beginning.size());
    std::string made;
    for (const char c : text) {
        const bool good =
            std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == '/';
        made += good ? c : '_';
    }
    while (!made.empty() && (made.back() == '/' || made.back() == '_' || made.back() == '.')) made.pop_back();
    return made;
}

/// TFLite joins the names of what it joined: the one of a layer with weights says most.
std::string most_telling(const std::string& text) {
    std::string best;
    int most = -1;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        const std::string one = text.substr(begin, end - begin);
        std::string low = one;
        std::transform(low.begin(), low.end(), low.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const bool norm = low.find("batch_norm") != low.npos || low.find("batchnorm") != low.npos;
        const bool weights =
            low.find("conv") != low.npos || low.find("dense") != low.npos || low.find("matmul") != low.npos;
        const int telling = norm ? 0 : weights ? 2 : 1;
        if (telling > most && !one.empty()) {
            most = telling;
            best = one;
        }
        begin = end + 1;
    }
    return best;
}

bool says_something(const std::string& text) {
    if (text.empty() || text.starts_with("onnx__") || text.starts_with("onnx.")) return false;
    const auto letters =
        std::count_if(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    if (letters < 2) return false;
    // "Conv_12", "const_fold_opt__81": an exporter's counting.
    for (const std::string_view counted :
         {"Conv", "Gemm", "MatMul", "BatchNormalization", "node", "const_fold_opt", "Const", "const",
          "new_shape", "arith", "tfl.pseudo", "tfl_pseudo", "Add", "var", "val", "p2o"}) {
        if (!text.starts_with(counted)) continue;
        const std::string rest = text.substr(counted.size());
        if (std::all_of(rest.begin(), rest.end(), [](unsigned char c) { return std::isalpha(c) == 0; }))
            return false;
    }
    return true;
}

}  // namespace

std::string readable_name(const std::string& weight, const std::string& node) {
    for (const std::string& one : {weight, node})
        if (std::string made = cleaned(most_telling(one)); says_something(made)) return made;
    return "";
}

}  // namespace archetype::lower
