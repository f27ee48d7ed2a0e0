// SPDX-License-Identifier: BSL-1.0
/// @file pictures.hpp
/// Pictures from PNG and JPEG files, which takes libpng (-lpng) and libjpeg (-ljpeg).
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/data/pictures/image_file.hpp>
#include <archetype/data/pictures/image_folder.hpp>

#include <archetype/pop_macros.hpp>  // comes last
