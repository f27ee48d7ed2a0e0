// SPDX-License-Identifier: BSL-1.0
/// @file plotting.hpp
/// The whole plotting room: curves and tables as text, and as PNG by the program gnuplot; a
/// page of HTML.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/plotting/gnuplot.hpp>
#include <archetype/plotting/heat_map.hpp>
#include <archetype/plotting/memory_picture.hpp>
#include <archetype/plotting/plot.hpp>
#include <archetype/plotting/search_pictures.hpp>
#include <archetype/plotting/training_pictures.hpp>
#include <archetype/plotting/training_report.hpp>

#include <archetype/pop_macros.hpp>  // comes last
