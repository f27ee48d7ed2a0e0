// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdlib>
#include <filesystem>

/// Where Debian's python3-sklearn has its data; ARCHETYPE_SCIKIT_LEARN_DATA is another place.
inline std::filesystem::path scikit_learn_folder() {
    const char* place = std::getenv("ARCHETYPE_SCIKIT_LEARN_DATA");
    return place ? place : "/usr/lib/python3/dist-packages/sklearn/datasets/data";
}
