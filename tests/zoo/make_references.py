#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes of each network of the zoo what PyTorch says: parameters, moving statistics, shape, parameters and multiply-adds of
every layer with weights in order of execution, and some results for weights that numbers.hpp makes too.

Networks are torchvision's, where it has them, and otherwise written down here from their papers.
Run it with the Python that has torchvision (Debian: python3-torchvision): make_references.py > references.hpp. Networks
that have torchvision's names too are in a file of their own: make_references.py --named > named_references.hpp
"""
import argparse
import math

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.models as models
from torch import nn

RESULTS = 6  # stored of each network


class Source:
    """numbers::source, many at a time."""

    def __init__(self, start):
        self.state = start

    def take(self, count):
        states = np.empty(count, np.uint64)
        states[:1] = (self.state * 1664525 + 1013904223) % 2**32
        factor, term, done = 1664525, 1013904223, 1
        while done < count:  # as many steps at once as there are numbers
            some = min(done, count - done)
            states[done:done + some] = (states[:some] * factor + term) % 2**32
            factor, term, done = factor * factor % 2**32, (factor * term + term) % 2**32, done + some
        self.state = int(states[-1])
        return ((states >> 19).astype(np.float64) - 4096) / 4096


def single(values, *shape):
    """Rounded as the networks in single precision have them."""
    return torch.from_numpy(values.astype(np.float32).astype(np.float64)).reshape(shape)


LAYERS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm)


def run(network, extent, gain):
    """Sets parameters in order of execution; returns rows of layers with weights, the results, channels last, and the names
    of all layers with parameters."""
    trainable, moving, rows, image, names = Source(1), Source(2), [], [None], []
    *sizes, channels = extent  # a depth first, if it is a volume
    called = {module: name for name, module in network.named_modules()}

    def kernel(fan_in, *shape):
        return single(trainable.take(math.prod(shape)) * math.sqrt(gain / fan_in), *shape)

    def before(layer, inputs):
        names.append(called[layer])
        if isinstance(layer, nn.LayerNorm):
            count = layer.weight.numel()
            layer.weight.data = single(1 + trainable.take(count) / 4, count)
            layer.bias.data = single(trainable.take(count) / 4, count)
            return
        if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm3d)):
            count = layer.num_features
            layer.weight.data = single(1 + trainable.take(count) / 4, count)
            layer.bias.data = single(trainable.take(count) / 4, count)
            layer.running_mean = single(moving.take(count) / 4, count)
            layer.running_var = single(1 + moving.take(count) / 2, count)
            return
        if isinstance(layer, nn.Linear):
            outputs, features = layer.weight.shape
            c, h, w = image[0]
            made = kernel(features, features, outputs)
            if features == c * h * w:  # flattened: rows, columns, channels there, channels first here
                made = made.reshape(h, w, c, outputs).permute(2, 0, 1, 3).reshape(features, outputs)
            layer.weight.data = made.T.contiguous()
        elif isinstance(layer, nn.ConvTranspose2d):
            c, filters, h, w = layer.weight.shape
            layer.weight.data = kernel(h * w * c, h, w, filters, c).permute(3, 2, 0, 1).contiguous()
        elif isinstance(layer, nn.Conv3d):
            filters, c, *window = layer.weight.shape
            layer.weight.data = kernel(math.prod(window) * c, *window, c, filters).permute(4, 3, 0, 1, 2).contiguous()
        else:
            filters, c, h, w = layer.weight.shape
            if layer.groups > 1 and c == 1:  # depthwise: [rows][columns][channel][1]
                layer.weight.data = kernel(h * w, h, w, filters).permute(2, 0, 1).unsqueeze(1).contiguous()
            else:
                layer.weight.data = kernel(h * w * c, h, w, c, filters).permute(3, 2, 0, 1).contiguous()
        if layer.bias is not None:
            layer.bias.data = single(trainable.take(layer.bias.numel()) / 4, layer.bias.numel())

    def after(layer, inputs, result):
        if result.dim() >= 4:
            image[0] = result.flatten(2, -2).shape[1:]  # slices one below the other
        if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm, *POOLINGS)):
            return
        parameters = sum(p.numel() for p in layer.parameters())
        if isinstance(layer, nn.Linear):
            *places, units = result.shape[1:]  # channels last: a vector, or an image
            extents, products = (*(places or (1, 1)), units), math.prod(places) * layer.weight.numel()
        else:
            c, h, w = image[0]
            pixels = inputs[0][0, 0].numel() if isinstance(layer, nn.ConvTranspose2d) else h * w
            extents, products = (h, w, c), pixels * layer.weight.numel()
        rows.append((*extents, parameters, products))

    def after_body(block, inputs, result):  # of ConvNeXt: the factors come after it
        count = block.layer_scale.numel()
        names.append(called[block] + ".layer_scale")
        block.layer_scale.data = single(trainable.take(count) * math.sqrt(gain), count, 1, 1)

    for module in network.modules():
        if hasattr(module, "layer_scale"):
            module.block.register_forward_hook(lambda _, inputs, result, block=module: after_body(block, inputs, result))
        if isinstance(module, LAYERS):
            module.register_forward_pre_hook(before)
        if isinstance(module, LAYERS + POOLINGS):
            module.register_forward_hook(after)
    x = single(Source(3).take(math.prod(extent)), 1, *extent).movedim(-1, 1)
    with torch.no_grad():
        result = network.eval()(x)
    return rows, result.permute(0, 2, 3, 1).flatten() if result.dim() == 4 else result.flatten(), names


POOLINGS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)


class Concatenate(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def conv(c, filters, kernel, stride=1, padding=None):
    return [nn.Conv2d(c, filters, kernel, stride, kernel // 2 if padding is None else padding), nn.ReLU()]


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
                         nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
                         nn.Softmax(1))


def dense_layers(*units):
    layers = [nn.Flatten()]
    for before, after in zip(units, units[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return layers[:-1]


def response_norm():
    """The paper's alpha is not divided by the size, PyTorch's is."""
    return nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0)


def alexnet(towers):
    def grouped(c, filters, kernel):
        return [nn.Conv2d(c, filters, kernel, padding=kernel // 2, groups=towers), nn.ReLU()]
    return nn.Sequential(*conv(3, 96, 11, 4, 0), response_norm(), nn.MaxPool2d(3, 2),
                         *grouped(96, 256, 5), response_norm(), nn.MaxPool2d(3, 2),
                         *conv(256, 384, 3), *grouped(384, 384, 3), *grouped(384, 256, 3), nn.MaxPool2d(3, 2),
                         *dense_layers(9216, 4096, 4096, 1000))


def vgg(columns):
    layers, c = [], 3
    for block in columns:
        for filters, kernel in block:
            layers += conv(c, filters, kernel)
            c = filters
            if kernel == 3 and columns is A_LRN and len(layers) == 2:
                layers.append(response_norm())
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, *dense_layers(512 * 49, 4096, 4096, 1000))


A_LRN = [[(64, 3)], [(128, 3)], [(256, 3)] * 2, [(512, 3)] * 2, [(512, 3)] * 2]
C = [[(64, 3)] * 2, [(128, 3)] * 2, [(256, 3)] * 2 + [(256, 1)], *[[(512, 3)] * 2 + [(512, 1)]] * 2]


def googlenet():
    def module(c, one, reduce3, three, reduce5, five, pool):
        return Concatenate(nn.Sequential(*conv(c, one, 1)),
                           nn.Sequential(*conv(c, reduce3, 1), *conv(reduce3, three, 3)),
                           nn.Sequential(*conv(c, reduce5, 1), *conv(reduce5, five, 5)),
                           nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv(c, pool, 1)))

    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(
        *conv(3, 64, 7, 2), pool(), nn.LocalResponseNorm(5), *conv(64, 64, 1), *conv(64, 192, 3), nn.LocalResponseNorm(5), pool(),
        module(192, 64, 96, 128, 16, 32, 32), module(256, 128, 128, 192, 32, 96, 64), pool(),
        module(480, 192, 96, 208, 16, 48, 64), module(512, 160, 112, 224, 24, 64, 64), module(512, 128, 128, 256, 24, 64, 64),
        module(512, 112, 144, 288, 32, 64, 64), module(528, 256, 160, 320, 32, 128, 128), pool(),
        module(832, 256, 160, 320, 32, 128, 128), module(832, 384, 192, 384, 48, 128, 128),
        nn.AdaptiveAvgPool2d(1), *dense_layers(1024, 1000))


def normalized(c, filters, kernel, stride=1, groups=1, epsilon=1e-5, padding=None):
    return [nn.Conv2d(c, filters, kernel, stride, kernel // 2 if padding is None else padding, bias=False, groups=groups),
            nn.BatchNorm2d(filters, epsilon), nn.ReLU()]


def bn_inception(pool4):
    def module(c, one, reduce3, three, reduce2, double, pool, pooling=None):
        return Concatenate(nn.Sequential(*normalized(c, one, 1)),
                           nn.Sequential(*normalized(c, reduce3, 1), *normalized(reduce3, three, 3)),
                           nn.Sequential(*normalized(c, reduce2, 1), *normalized(reduce2, double, 3), *normalized(double, double, 3)),
                           nn.Sequential(pooling or nn.AvgPool2d(3, 1, 1), *normalized(c, pool, 1)))

    def halving(c, reduce3, three, reduce2, double):
        return Concatenate(nn.Sequential(*normalized(c, reduce3, 1), *normalized(reduce3, three, 3, 2)),
                           nn.Sequential(*normalized(c, reduce2, 1), *normalized(reduce2, double, 3), *normalized(double, double, 3, 2)),
                           nn.MaxPool2d(3, 2, 1))
    inner = 480 + pool4
    end = inner + 448
    return nn.Sequential(
        *normalized(3, 64, 7, 2), nn.MaxPool2d(3, 2, ceil_mode=True), *normalized(64, 64, 1), *normalized(64, 192, 3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        module(192, 64, 64, 64, 64, 96, 32), module(256, 64, 64, 96, 64, 96, 64), halving(320, 128, 160, 64, 96),
        module(576, 224, 64, 96, 96, 128, 128), module(576, 192, 96, 128, 96, 128, 128),
        module(576, 160, 128, 160, 128, 160, pool4), module(inner, 96, 128, 192, 160, 192, pool4),
        halving(inner, 128, 192, 192, 256),
        module(end, 352, 192, 320, 160, 224, 128), module(1024, 352, 192, 320, 192, 224, 128, nn.MaxPool2d(3, 1, 1)),
        nn.AdaptiveAvgPool2d(1), *dense_layers(1024, 1000))


def mobilenet(width, side):
    """Padding is TensorFlow's "same": with stride 2 on an even image only behind it."""
    def same(c, filters, stride, groups=1):
        pad = [nn.ZeroPad2d((0, 1, 0, 1))] if stride == 2 else []
        return pad + normalized(c, filters, 3, stride, groups, 1e-3, 0 if stride == 2 else 1)
    scaled = [int(width * f) for f in [32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024]]
    layers = same(3, scaled[0], 2)
    for i, (before, after) in enumerate(zip(scaled, scaled[1:]), 1):
        layers += same(before, before, 2 if i in (2, 4, 6, 12) else 1, before) + normalized(before, after, 1, epsilon=1e-3)
    assert side % 32 == 0
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), *dense_layers(scaled[-1], 1000))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(self.two(c, w) for c, w in zip([1, *widths], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[-2::-1])
        self.joined = nn.ModuleList(self.two(2 * w, w) for w in widths[-2::-1])
        self.last = nn.Conv2d(64, 2, 1)

    @staticmethod
    def two(c, width):
        return nn.Sequential(*conv(c, width, 3, padding=0), *conv(width, width, 3, padding=0))

    def forward(self, x):
        kept = []
        for i, step in enumerate(self.down):
            x = step(x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        for skip, up, step in zip(kept[-2::-1], self.up, self.joined):
            x = up(x)
            cut = (skip.shape[2] - x.shape[2]) // 2
            x = step(torch.cat([skip[:, :, cut:-cut, cut:-cut], x], 1))
        return self.last(x)


def keras(side, channels, filters, units):
    """`filters`: the sizes of convolutions without padding, negative with; 0 is a pooling."""
    layers, c, size = [], channels, side
    for f in filters:
        if f == 0:
            layers.append(nn.MaxPool2d(2))
            size //= 2
        else:
            layers += conv(c, abs(f), 3, padding=1 if f < 0 else 0)
            c, size = abs(f), size if f < 0 else size - 2
    return nn.Sequential(*layers, *dense_layers(c * size * size, *units), nn.Softmax(1))


CIFAR = [-32, 32, 0, -64, 64, 0]
# name, network, extents of its input, extents of the input for the results (where they may be others)
NETWORKS = [
    ("lenet5", lenet5, (32, 32, 1), None),
    ("alexnet_2012", lambda: alexnet(2), (227, 227, 3), None),
    ("single_tower_alexnet", lambda: alexnet(1), (227, 227, 3), None),
    ("narrow_alexnet", models.alexnet, (224, 224, 3), None),
    ("vgg_a", models.vgg11, (224, 224, 3), None),
    ("vgg_a_lrn", lambda: vgg(A_LRN), (224, 224, 3), None),
    ("vgg_b", models.vgg13, (224, 224, 3), None),
    ("vgg_c", lambda: vgg(C), (224, 224, 3), None),
    ("vgg_d", models.vgg16, (224, 224, 3), None),
    ("vgg_e", models.vgg19, (224, 224, 3), None),
    ("resnet18", models.resnet18, (224, 224, 3), (64, 64, 3)),
    ("resnet34", models.resnet34, (224, 224, 3), (64, 64, 3)),
    ("resnet50", models.resnet50, (224, 224, 3), None),
    ("resnet101", models.resnet101, (224, 224, 3), (64, 64, 3)),
    ("resnet152", models.resnet152, (224, 224, 3), (64, 64, 3)),
    ("googlenet", googlenet, (224, 224, 3), (64, 64, 3)),
    ("torchvision_googlenet", lambda: models.googlenet(aux_logits=False, init_weights=False), (224, 224, 3), (64, 64, 3)),
    ("bn_inception", lambda: bn_inception(96), (224, 224, 3), (64, 64, 3)),
    ("caffe_bn_inception", lambda: bn_inception(128), (224, 224, 3), (64, 64, 3)),
    ("inception_v3", lambda: models.inception_v3(aux_logits=False, init_weights=False), (299, 299, 3), (107, 107, 3)),
    ("mobilenet", lambda: mobilenet(1, 224), (224, 224, 3), None),
    ("half_mobilenet", lambda: mobilenet(0.5, 160), (160, 160, 3), None),
    ("keras_mnist", lambda: keras(28, 1, [64, 32], [10]), (28, 28, 1), None),
    ("keras_cifar", lambda: keras(32, 3, CIFAR, [512, 10]), (32, 32, 3), None),
    ("unet", UNet, (572, 572, 1), (188, 188, 1)),
    ("densenet121", models.densenet121, (224, 224, 3), (64, 64, 3)),
]

# The same of networks whose names are compared too.
NAMED = [
    ("mobilenet_v2", models.mobilenet_v2, (224, 224, 3), (64, 64, 3)),
    ("half_mobilenet_v2", lambda: models.mobilenet_v2(width_mult=0.5), (160, 160, 3), (64, 64, 3)),
    ("mobilenet_v3_large", models.mobilenet_v3_large, (224, 224, 3), (64, 64, 3)),
    ("mobilenet_v3_small", models.mobilenet_v3_small, (224, 224, 3), (64, 64, 3)),
    ("squeezenet1_0", models.squeezenet1_0, (224, 224, 3), (64, 64, 3)),
    ("squeezenet1_1", models.squeezenet1_1, (224, 224, 3), (64, 64, 3)),
    ("shufflenet_v2_x0_5", models.shufflenet_v2_x0_5, (224, 224, 3), (64, 64, 3)),
    ("shufflenet_v2_x1_0", models.shufflenet_v2_x1_0, (224, 224, 3), (64, 64, 3)),
    ("shufflenet_v2_x1_5", models.shufflenet_v2_x1_5, (224, 224, 3), (64, 64, 3)),
    ("shufflenet_v2_x2_0", models.shufflenet_v2_x2_0, (224, 224, 3), (64, 64, 3)),
    *((f"efficientnet_b{i}", getattr(models, f"efficientnet_b{i}"), (side, side, 3), (64, 64, 3))
      for i, side in enumerate([224, 240, 260, 300, 380, 456, 528, 600])),
    ("resnext50_32x4d", models.resnext50_32x4d, (224, 224, 3), (64, 64, 3)),
    ("resnext101_32x8d", models.resnext101_32x8d, (224, 224, 3), (64, 64, 3)),
    ("resnext101_64x4d", models.resnext101_64x4d, (224, 224, 3), (64, 64, 3)),
    ("wide_resnet50_2", models.wide_resnet50_2, (224, 224, 3), (64, 64, 3)),
    ("wide_resnet101_2", models.wide_resnet101_2, (224, 224, 3), (64, 64, 3)),
    ("mnasnet0_5", models.mnasnet0_5, (224, 224, 3), (64, 64, 3)),
    ("mnasnet1_0", models.mnasnet1_0, (224, 224, 3), (64, 64, 3)),
    ("regnet_y_400mf", models.regnet_y_400mf, (224, 224, 3), (64, 64, 3)),
    ("r3d_18", models.video.r3d_18, (16, 112, 112, 3), (5, 32, 32, 3)),
    ("mc3_18", models.video.mc3_18, (16, 112, 112, 3), (5, 32, 32, 3)),
    ("r2plus1d_18", models.video.r2plus1d_18, (16, 112, 112, 3), (5, 32, 32, 3)),
    ("convnext_tiny", models.convnext_tiny, (224, 224, 3), (64, 64, 3)),
]


class Segmentation(nn.Module):
    """The scores of each pixel alone."""

    def __init__(self):
        super().__init__()
        self.net = models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, aux_loss=False)

    def forward(self, x):
        return self.net(x)["out"]


NAMED.append(("deeplab_v3_resnet50", Segmentation, (64, 64, 3), None))
# Gains for which the results follow the image: what counts is that sums of many residuals stay of one size.
GAINS = {"resn": 2, "wide": 2, "regn": 2, "r3d_": 2, "mc3_": 2, "r2pl": 2, "deep": 2}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--named", action="store_true")
    is_named = options.parse_args().named
    torch.set_num_threads(1)
    print("// SPDX-License-Identifier: BSL-1.0\n// Written by make_references.py.\n#pragma once\n#include \"reference.hpp\"\n")
    print("namespace references {\n\n// clang-format off")
    for title, make, extent, smaller in NAMED if is_named else NETWORKS:
        network = make().double()
        gain = GAINS.get(title[:4], 6)
        rows, results, names = run(network, extent, gain)
        if smaller:
            results = run(make().double(), smaller, gain)[1]
        trainable = sum(p.numel() for p in network.parameters())
        fixed = sum(b.numel() for key, b in network.named_buffers() if "running" in key)
        print(f"inline constexpr reference<{len(rows)}> {title}{{{trainable}, {fixed}, {{{{")
        print("\n".join("    {%d, %d, %d, %d, %d}," % row for row in rows))
        step = max(1, results.numel() // RESULTS)
        shown = ", ".join(f"{value:.9g}" for value in results[::step][:RESULTS].tolist())
        print(f"}}}}, {gain}, {results.numel()}, {results.abs().max():.9g}, {{{shown}}}}};\n")
        if is_named:
            print(f"inline constexpr const char* names_of_{title}[] = {{")
            print("\n".join(f'    "{name}",' for name in names) + "\n};\n")
    print("// clang-format on\n\n}  // namespace references")


if __name__ == "__main__":
    main()
