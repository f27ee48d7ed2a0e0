// SPDX-License-Identifier: BSL-1.0
/// @file onednn.hpp
/// What programs that time oneDNN share.
#pragma once
#include <dnnl.hpp>

namespace peers {

inline constexpr auto type = dnnl::memory::data_type::f32;
inline dnnl::engine engine(dnnl::engine::kind::cpu, 0);
inline dnnl::stream stream(engine);

inline float* numbers(const dnnl::memory& of) { return static_cast<float*>(of.get_data_handle()); }
/// `number(place)` at each place.
inline void fill(const dnnl::memory& of, float (*number)(std::size_t)) {
    for (std::size_t i = 0; i < of.get_desc().get_size() / sizeof(float); ++i) numbers(of)[i] = number(i);
}
inline dnnl::memory reordered(dnnl::memory from, const dnnl::memory::desc& wanted) {
    dnnl::memory to(wanted, engine);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
    return to;
}

}  // namespace peers
