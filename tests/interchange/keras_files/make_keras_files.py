# SPDX-License-Identifier: BSL-1.0
"""The files beside this one, as Keras 2.4 and 3.4 write them (python3-h5py); weight k of the network's tensor n is sin(k + n)."""
import pathlib
import sys

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "program"))
from keras_files import all_weights, entry, functional, sequential, variables, weight_name, write_archive, write_h5  # noqa: E402

NUMBER = 0


def weight(*shape):
    global NUMBER
    made = np.sin(np.arange(np.prod(shape)) + NUMBER).astype(np.float32).reshape(shape)
    NUMBER += 1
    return made


def start():
    global NUMBER
    NUMBER = 0


def image(version):
    start()
    window = {"strides": [2, 2], "padding": "same", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "use_bias": True, "trainable": True, "dtype": "float32",
              "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}}, "kernel_regularizer": None}
    depthwise = "kernel" if version == 3 else "depthwise_kernel"
    return sequential([
        entry("InputLayer", {"batch_shape" if version == 3 else "batch_input_shape": [None, 6, 5, 2], "dtype": "float32"}, name="input_1"),
        entry("Conv2D", {**window, "filters": 3, "kernel_size": [3, 2], "activation": "relu"}, [("", "kernel", weight(3, 2, 2, 3)), ("", "bias", weight(3))], name="conv2d_7"),
        entry("BatchNormalization", {"axis": -1, "epsilon": 0.001, "momentum": 0.99, "center": True, "scale": True, "moving_mean_initializer": None},
              [("", name, weight(3)) for name in ("gamma", "beta", "moving_mean", "moving_variance")], name="norm"),
        entry("Dropout", {"rate": 0.5}, name="dropout"),
        entry("DepthwiseConv2D", {**window, "strides": [1, 1], "padding": "valid", "kernel_size": [2, 2], "depth_multiplier": 1, "activation": "linear"},
              [("", depthwise, weight(2, 2, 3, 1)), ("", "bias", weight(3))], name="spread"),
        entry("Flatten", {"data_format": "channels_last"}, name="flat"),
        entry("Dense", {"units": 4, "activation": "softmax", "use_bias": True}, [("", "kernel", weight(12, 4)), ("", "bias", weight(4))], name="scores")])


def words(version):
    start()
    inner = {"name": "lstm", "units": 3, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "return_sequences": True, "go_backwards": False, "stateful": False, "unroll": False}
    table = weight(9, 4)
    both = [(f"{way}_{'layer/cell' if version == 3 else 'lstm'}", name, weight(*shape)) for way in ("forward", "backward")
            for name, shape in (("kernel", (4, 12)), ("recurrent_kernel", (3, 12)), ("bias", (12,)))]
    return sequential([
        entry("InputLayer", {"batch_shape" if version == 3 else "batch_input_shape": [None, 7], "dtype": "float32"}, name="input_1"),
        entry("Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": False, "input_length": 7}, [("", "embeddings", table)], name="table"),
        entry("Bidirectional", {"layer": {"class_name": "LSTM", "config": inner}, "merge_mode": "concat"}, both, name="both"),
        entry("GRU", {"units": 5, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "return_sequences": False, "go_backwards": False, "reset_after": True},
              [("cell", "kernel", weight(6, 15)), ("cell", "recurrent_kernel", weight(5, 15)), ("cell", "bias", weight(2, 15))], name="gru"),
        entry("Dense", {"units": 2, "activation": "linear", "use_bias": True}, [("", "kernel", weight(5, 2)), ("", "bias", weight(2))], name="last")])


for name, make in (("image", image), ("words", words)):
    for version in (2, 3):
        write_h5(HERE / f"{name}_{version}.h5", make(version), version)
    write_archive(HERE / f"{name}.keras", make(3))
    with h5py.File(HERE / f"{name}.weights.h5", "w") as file:
        for path, array in variables(make(3)):
            file[path] = array
# Two dense layers of the same shape in branches; the file lists the second one first.
layers = image(2)["layers"][:3]
for one, reads in zip(layers, ([], ["input_1"], ["conv2d_7"])):
    one["inbound"] = reads
layers.append(entry("Flatten", {}, inbound=["norm"], name="flat"))
for number, name in ((1, "other"), (2, "wide")):
    layers.append(entry("Dense", {"units": 2, "activation": "linear"}, [("", "kernel", np.full((27, 2), number, np.float32)), ("", "bias", np.zeros(2, np.float32))], ["flat"], name))
layers.append(entry("Concatenate", {"axis": -1}, inbound=[["wide", "other"]], name="both"))
write_h5(HERE / "branches.h5", functional(layers, ["input_1"], ["both"]), 2)
# Layers without weights.
start()
write_h5(HERE / "pooled.h5", sequential([
    entry("InputLayer", {"batch_input_shape": [None, 6, 6, 1], "dtype": "float32"}, name="input_1"),
    entry("Conv2D", {"filters": 2, "kernel_size": [1, 1], "strides": [1, 1], "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "use_bias": True,
                     "activation": "linear"}, [("", "kernel", weight(1, 1, 1, 2)), ("", "bias", weight(2))], name="conv"),
    entry("LeakyReLU", {"alpha": 0.3}, name="leaky"),
    entry("MaxPooling2D", {"pool_size": [3, 2], "strides": [2, 2], "padding": "same", "data_format": "channels_last"}, name="pool"),
    entry("Activation", {"activation": "tanh"}, name="bend"),
    entry("GlobalAveragePooling2D", {"data_format": "channels_last"}, name="mean"),
    entry("Dense", {"units": 2, "activation": "softmax", "use_bias": True}, [("", "kernel", weight(2, 2)), ("", "bias", weight(2))], name="scores")]), 2)
start()
write_h5(HERE / "stem.h5", sequential([
    entry("InputLayer", {"batch_input_shape": [None, 8, 8, 1], "dtype": "float32"}, name="input_1"),
    entry("Conv2D", {"filters": 2, "kernel_size": [1, 1], "strides": [1, 1], "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "use_bias": True,
                     "activation": "relu"}, [("", "kernel", weight(1, 1, 1, 2)), ("", "bias", weight(2))], name="conv"),
    entry("ZeroPadding2D", {"padding": [[1, 1], [1, 1]], "data_format": "channels_last"}, name="zeros"),
    entry("MaxPooling2D", {"pool_size": [3, 3], "strides": [2, 2], "padding": "valid", "data_format": "channels_last"}, name="pool"),
    entry("AveragePooling2D", {"pool_size": [3, 3], "strides": [2, 2], "padding": "same", "data_format": "channels_last"}, name="mean"),
    entry("Flatten", {"data_format": "channels_last"}, name="flat"),
    entry("Dense", {"units": 2, "activation": "linear", "use_bias": True}, [("", "kernel", weight(8, 2)), ("", "bias", weight(2))], name="scores")]), 2)
start()
write_h5(HERE / "functions.h5", sequential([
    entry("InputLayer", {"batch_input_shape": [None, 5, 2], "dtype": "float32"}, name="input_1"),
    entry("SimpleRNN", {"units": 3, "activation": "tanh", "use_bias": True, "return_sequences": False, "go_backwards": False},
          [("cell", "kernel", weight(2, 3)), ("cell", "recurrent_kernel", weight(3, 3)), ("cell", "bias", weight(3))], name="rnn"),
    entry("Dense", {"units": 4, "activation": {"class_name": "LeakyReLU", "config": {"alpha": 0.3}}, "use_bias": True}, [("", "kernel", weight(3, 4)), ("", "bias", weight(4))], name="first"),
    entry("Dense", {"units": 2, "activation": "linear", "use_bias": True}, [("", "kernel", weight(4, 2)), ("", "bias", weight(2))], name="second"),
    entry("ReLU", {"max_value": 2.0, "negative_slope": 0.0, "threshold": 0.0}, name="bounded"),
    entry("Dense", {"units": 1, "activation": "linear", "use_bias": True}, [("", "kernel", weight(2, 1)), ("", "bias", weight(1))], name="last"),
    entry("Activation", {"activation": "wave"}, name="own")]), 2)
# Weights alone, as Keras 2 writes them.
with h5py.File(HERE / "image_2.weights.h5", "w") as file:
    layers = image(2)["layers"]
    file.attrs["layer_names"] = np.array([np.bytes_(one["config"]["name"]) for one in layers])
    for one in layers:
        group = file.create_group(one["config"]["name"])
        group.attrs["weight_names"] = np.array([np.bytes_(weight_name(2, *full[:3])) for full in all_weights(one)])
        for *full, array in all_weights(one):
            group[weight_name(2, *full)] = array
