// SPDX-License-Identifier: BSL-1.0
/// @file statistics.hpp
/// Estimation, decisions, information, normalization, projections and conditioning: the mathematics around
/// training. Needs xtensor and xtensor-blas (link BLAS and LAPACK).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/statistics/conditioning.hpp>
#include <archetype/statistics/decisions.hpp>
#include <archetype/statistics/entropy.hpp>
#include <archetype/statistics/estimation.hpp>
#include <archetype/statistics/lda.hpp>
#include <archetype/statistics/linear_descent.hpp>
#include <archetype/statistics/moments.hpp>
#include <archetype/statistics/normal.hpp>
#include <archetype/statistics/normalization.hpp>
#include <archetype/statistics/parameter_estimation.hpp>
#include <archetype/statistics/pca.hpp>
#include <archetype/statistics/roc.hpp>

#include <archetype/pop_macros.hpp>  // comes last
