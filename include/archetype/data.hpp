// SPDX-License-Identifier: BSL-1.0
/// @file data.hpp
/// The whole data room: datasets, their readers (IDX, MNIST, CIFAR, CSV, NumPy, scikit-learn), parts, folds, batches. Reading
/// compressed files takes zlib (-lz), archives of NumPy libzip (-lzip). Pictures: archetype/pictures.hpp, sounds:
/// archetype/sound.hpp.
#pragma once
#include <archetype/push_macros.hpp>  // comes first

#include <archetype/data/augment.hpp>
#include <archetype/data/augmentation/mixing.hpp>
#include <archetype/data/augmentation/random_changes.hpp>
#include <archetype/data/augmentation/sample_operations.hpp>
#include <archetype/data/augmentation/sample_random.hpp>
#include <archetype/data/batch_loader.hpp>
#include <archetype/data/batches.hpp>
#include <archetype/data/cifar.hpp>
#include <archetype/data/class_folders.hpp>
#include <archetype/data/csv.hpp>
#include <archetype/data/dataset.hpp>
#include <archetype/data/file_parts.hpp>
#include <archetype/data/hdf5/hdf5_file.hpp>
#include <archetype/data/hdf5/hdf5_set.hpp>
#include <archetype/data/idx.hpp>
#include <archetype/data/mapped_array.hpp>
#include <archetype/data/mnist.hpp>
#include <archetype/data/npy.hpp>
#include <archetype/data/npz.hpp>
#include <archetype/data/number_text.hpp>
#include <archetype/data/path_parts.hpp>
#include <archetype/data/regression.hpp>
#include <archetype/data/sample_reader.hpp>
#include <archetype/data/scikit_learn.hpp>
#include <archetype/data/sequences.hpp>
#include <archetype/data/split.hpp>
#include <archetype/data/zip_member.hpp>

#include <archetype/pop_macros.hpp>  // comes last
