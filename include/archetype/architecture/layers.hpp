// SPDX-License-Identifier: BSL-1.0
/// @file layers.hpp
/// All layers.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/architecture/layers/attention.hpp>
#include <archetype/architecture/layers/conv1d.hpp>
#include <archetype/architecture/layers/conv2d.hpp>
#include <archetype/architecture/layers/conv2d_table.hpp>
#include <archetype/architecture/layers/conv2d_transpose.hpp>
#include <archetype/architecture/layers/dense.hpp>
#include <archetype/architecture/layers/depthwise_conv2d.hpp>
#include <archetype/architecture/layers/dropout.hpp>
#include <archetype/architecture/layers/embedding.hpp>
#include <archetype/architecture/layers/join_weights.hpp>
#include <archetype/architecture/layers/joins.hpp>
#include <archetype/architecture/layers/maxout.hpp>
#include <archetype/architecture/layers/named_activations.hpp>
#include <archetype/architecture/layers/noise.hpp>
#include <archetype/architecture/layers/normalization/batch_norm.hpp>
#include <archetype/architecture/layers/normalization/group_norm.hpp>
#include <archetype/architecture/layers/normalization/layer_norm.hpp>
#include <archetype/architecture/layers/normalization/local_response_norm.hpp>
#include <archetype/architecture/layers/padding2d.hpp>
#include <archetype/architecture/layers/permute.hpp>
#include <archetype/architecture/layers/pooling/adaptive_pool2d.hpp>
#include <archetype/architecture/layers/pooling/global_pool2d.hpp>
#include <archetype/architecture/layers/pooling/pool1d.hpp>
#include <archetype/architecture/layers/pooling/pool2d.hpp>
#include <archetype/architecture/layers/recurrent.hpp>
#include <archetype/architecture/layers/reshape.hpp>
#include <archetype/architecture/layers/resize2d.hpp>
#include <archetype/architecture/layers/row_activations.hpp>
#include <archetype/architecture/layers/separable_conv2d.hpp>
#include <archetype/architecture/layers/slice.hpp>
#include <archetype/architecture/layers/subsampling2d.hpp>
#include <archetype/architecture/layers/time_distributed.hpp>
