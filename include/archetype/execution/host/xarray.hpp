// SPDX-License-Identifier: BSL-1.0
/// @file xarray.hpp
/// `xt::xarray`, usable with clang 19 and later too: they match template template parameters as C++17 says,
/// and find two equally good specializations of `rebind_container` in xtensor 0.24. This one is better than
/// both and means the same.
#pragma once
#include <cstddef>
#include <memory>
#if __has_include(<xtensor/containers/xstorage.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xstorage.hpp>
#else
#include <xtensor/xstorage.hpp>
#endif
#if __has_include(<xtensor/core/xtensor_config.hpp>)  // since xtensor 0.26
#include <xtensor/core/xtensor_config.hpp>
#else
#include <xtensor/xtensor_config.hpp>
#endif

#if defined(__clang__) && __clang_major__ >= 19 && XTENSOR_VERSION_MAJOR == 0 && XTENSOR_VERSION_MINOR == 24
namespace xt {
template <class X, class T, std::size_t N>
struct rebind_container<X, svector<T, N, std::allocator<T>, true>> {
    using type = svector<X, N, std::allocator<X>, true>;
};
}  // namespace xt
#endif

#if __has_include(<xtensor/containers/xarray.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xarray.hpp>
#endif
