// SPDX-License-Identifier: BSL-1.0
/// @file onnx_runtime.cpp
/// A network forward with ONNX Runtime's C interface: `onnx_runtime LIBRARY NETWORK.onnx IMAGE.f32 CHANNELS SIDE CLASSES`. One thread, all graph optimizations, tensors made once. The library's npm package has no header; the
/// functions are a table whose order never changes, and these are the places in it of those used here.
#include "contender.hpp"

#include <dlfcn.h>

namespace {

enum place : std::size_t {
    get_error_message = 2,
    create_env = 3,
    create_session = 7,
    run = 9,
    create_session_options = 10,
    set_session_execution_mode = 13,
    set_session_graph_optimization_level = 23,
    set_intra_op_num_threads = 24,
    set_inter_op_num_threads = 25,
    create_tensor_with_data = 49,
    create_cpu_memory_info = 69
};
constexpr std::uint32_t version = 13;
constexpr int warnings = 2, sequential = 0, all_optimizations = 99, type_float = 1, device_allocator = 0,
              default_memory = 0;

struct api_base {
    void* const* (*get_api)(std::uint32_t);
    const char* (*get_version)();
};
void* const* table;

template <class... Arguments>
void call(place which, Arguments... arguments) {
    void* const status = reinterpret_cast<void* (*)(Arguments...)>(table[which])(arguments...);
    if (status != nullptr)
        throw std::runtime_error(
            reinterpret_cast<const char* (*)(const void*)>(table[get_error_message])(status));
}

}  // namespace

int main(int, char** arguments) {
    void* const library = dlopen(arguments[1], RTLD_NOW);
    if (library == nullptr) throw std::runtime_error(dlerror());
    table = reinterpret_cast<const api_base* (*)()>(dlsym(library, "OrtGetApiBase"))()->get_api(version);
    const std::string network = arguments[2];
    const std::int64_t channels = std::atoi(arguments[4]), side = std::atoi(arguments[5]),
                       classes = std::atoi(arguments[6]);
    std::vector<float> image = peers::read_floats(arguments[3]), scores(static_cast<std::size_t>(classes));

    void *environment, *options, *session, *memory, *in, *out;
    call(create_env, warnings, "benchmark", &environment);
    call(create_session_options, &options);
    call(set_session_execution_mode, options, sequential);
    call(set_session_graph_optimization_level, options, all_optimizations);
    call(set_intra_op_num_threads, options, 1);
    call(set_inter_op_num_threads, options, 1);
    call(create_session, environment, network.c_str(), options, &session);
    call(create_cpu_memory_info, device_allocator, default_memory, &memory);
    const std::int64_t in_shape[] = {1, channels, side, side}, out_shape[] = {1, classes};
    call(create_tensor_with_data, memory, image.data(), image.size() * sizeof(float), in_shape,
         std::size_t(4), type_float, &in);
    call(create_tensor_with_data, memory, scores.data(), scores.size() * sizeof(float), out_shape,
         std::size_t(2), type_float, &out);
    const char *in_name = "image", *out_name = "scores";
    const auto forward = [&] {
        call(run, session, static_cast<void*>(nullptr), &in_name, &in, std::size_t(1), &out_name,
             std::size_t(1), &out);
    };
    peers::serve({{"forward", [&](std::ostream& to) { to << peers::seconds_of_many(forward); }},
                  {"scores", [&](std::ostream& to) {
                       forward();
                       for (float score : scores) to << score << ' ';
                   }}});
}
