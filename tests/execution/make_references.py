#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Writes references.hpp: what PyTorch computes, in double precision, for the networks of networks.hpp.

Parameters and samples come from the generator that numbers.hpp has too, so that only results are stored.
Run it with the Python that has torch (Debian: python3-torch): make_references.py > references.hpp
"""
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


class Source:
    def __init__(self, start):
        self.state = start

    def tensor(self, *shape):
        count = 1
        for extent in shape:
            count *= extent
        values = []
        for _ in range(count):
            self.state = (self.state * 1664525 + 1013904223) % 2**32
            values.append(((self.state >> 19) - 4096) / 4096)
        return torch.tensor(values).reshape(shape)


class Net:
    """Draws parameters as its methods are called. Images are [sample][row][column][channel] outside."""

    def __init__(self, training=False):
        self.trainable, self.moving = Source(1), Source(2)
        self.parameters, self.training, self.reuse = [], training, None

    def parameter(self, shift, *shape):
        if self.reuse is not None:
            return next(self.reuse)
        made = (shift + self.trainable.tensor(*shape) / 2).requires_grad_()
        self.parameters.append(made)
        return made

    def dense(self, x, units, bias=True):
        x = x @ self.parameter(0, x.shape[-1], units)
        return x + self.parameter(0, units) if bias else x

    def conv(self, x, filters, kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, bias=True):
        top, bottom, left, right = padding
        weights = self.parameter(0, *kernel, x.shape[-1] // groups, filters).permute(3, 2, 0, 1)
        biases = self.parameter(0, filters) if bias else None
        image = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
        return F.conv2d(image, weights, biases, stride, 0, dilation, groups).permute(0, 2, 3, 1)

    def depthwise(self, x, kernel, stride=(1, 1), padding=(0, 0, 0, 0), multiplier=1, bias=True):
        top, bottom, left, right = padding
        channels = x.shape[-1]
        weights = self.parameter(0, *kernel, channels, multiplier).permute(2, 3, 0, 1).reshape(-1, 1, *kernel)
        biases = self.parameter(0, channels * multiplier) if bias else None
        image = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
        return F.conv2d(image, weights, biases, stride, groups=channels).permute(0, 2, 3, 1)

    def transposed(self, x, filters, kernel, stride=(1, 1), crop=(0, 0, 0, 0), more=(0, 0), dilation=(1, 1), bias=True):
        """crop: how much of the whole result is cut off at top, bottom, left, right."""
        weights = self.parameter(0, *kernel, filters, x.shape[-1]).permute(3, 2, 0, 1)
        biases = self.parameter(0, filters) if bias else None
        whole = F.conv_transpose2d(x.permute(0, 3, 1, 2), weights, biases, stride, 0, more, 1, dilation)
        height, width = whole.shape[2:]
        return whole[:, :, crop[0]:height - crop[1], crop[2]:width - crop[3]].permute(0, 2, 3, 1)

    def steps(self, x, filters, kernel, stride=1, before=0, after=0, dilation=1, groups=1):
        weights = self.parameter(0, kernel, x.shape[-1] // groups, filters).permute(2, 1, 0)
        biases = self.parameter(0, filters)
        return F.conv1d(F.pad(x.transpose(1, 2), (before, after)), weights, biases, stride, 0, dilation,
                        groups).transpose(1, 2)

    def table(self, x, kernel, padding, bias=True):
        """[row][column][connection], connections in the order of the filters; TABLE[channel][filter]."""
        pairs = [(c, f) for f in range(16) for c in range(6) if TABLE[c][f] == "#"]
        weights = self.parameter(0, *kernel, len(pairs))
        whole = torch.zeros(16, 6, *kernel)
        for i, (c, f) in enumerate(pairs):
            whole[f, c] = weights[:, :, i]
        biases = self.parameter(0, 16) if bias else None
        return F.conv2d(x.permute(0, 3, 1, 2), whole, biases, 1, padding).permute(0, 2, 3, 1)

    def same(self, x, filters, kernel, stride=(1, 1)):
        return self.conv(x, filters, kernel, stride, same_padding(x, kernel, stride))

    def norm(self, x, epsilon=1e-3):
        channels = x.shape[-1]
        gamma, beta = self.parameter(1, channels), self.parameter(0, channels)
        mean = self.moving.tensor(channels) / 2
        variance = 1 + self.moving.tensor(channels) / 2
        moved = x.movedim(-1, 1)
        return F.batch_norm(moved, mean, variance, gamma, beta, self.training, 0, epsilon).movedim(1, -1)

    def layer_norm(self, x, epsilon=1e-3):
        channels = x.shape[-1]
        gamma, beta = self.parameter(1, channels), self.parameter(0, channels)
        return F.layer_norm(x, (channels,), gamma, beta, epsilon)


# LeCun et al. 1998, table I.
TABLE = [
    "#...###..####.##",
    "##...###..####.#",
    "###...###..#.###",
    ".###..####..#.##",
    "..###..####.##.#",
    "...###..####.###",
]


def same_padding(x, kernel, stride):
    sides = []
    for axis in (0, 1):
        size = x.shape[1 + axis]
        total = max((-(-size // stride[axis]) - 1) * stride[axis] + kernel[axis] - size, 0)
        sides += [total // 2, total - total // 2]
    return sides


def pool(function, x, *arguments, **options):
    return function(x.permute(0, 3, 1, 2), *arguments, **options).permute(0, 2, 3, 1)


def max_pool_same(x, kernel, stride):
    top, bottom, left, right = same_padding(x, kernel, stride)
    image = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom), value=-float("inf"))
    return F.max_pool2d(image, kernel, stride).permute(0, 2, 3, 1)


def avg_pool_same(x, kernel, stride):
    """Divides by the number of cells inside the image, as TensorFlow does."""
    top, bottom, left, right = same_padding(x, kernel, stride)
    sums = [F.avg_pool2d(F.pad(image.permute(0, 3, 1, 2), (left, right, top, bottom)), kernel, stride)
            for image in (x, torch.ones_like(x))]
    return (sums[0] / sums[1]).permute(0, 2, 3, 1)


flatten = torch.nn.Flatten()
softmax = torch.nn.Softmax(dim=-1)
tanh, sigmoid, relu, swish = torch.tanh, torch.sigmoid, F.relu, F.silu


def perceptron(n, x):
    return softmax(n.dense(sigmoid(n.dense(tanh(n.dense(x, 9)), 6, bias=False)), 4))


def last_axis(n, x):
    return n.dense(flatten(tanh(n.dense(F.leaky_relu(n.dense(x, 6), 0.2), 19))), 4)


def time_axis(n, x):
    return n.dense(flatten(F.elu(n.dense(x, 4), 0.7)), 3)


def blocks(n, x):
    return n.dense(tanh(n.dense(tanh(n.dense(x, 6)), 6)), 3)


def flattened(n, x):
    return n.dense(relu(n.dense(flatten(x), 5)), 2)


def pointwise(n, x):
    return sigmoid(swish(tanh(x)))


def same(n, x):
    x = relu(n.same(x, 5, (3, 3), (2, 2)))
    return F.elu(n.same(x, 4, (3, 2))).mean((1, 2))


def lopsided(n, x):
    x = tanh(n.conv(x, 4, (3, 2), padding=(1, 0, 2, 1), dilation=(2, 1)))
    x = n.conv(x, 5, (3, 3), padding=(1, 1, 1, 1))
    return n.conv(x, 3, (3, 3), (2, 3), (2, 2, 1, 1))


def grouped(n, x):
    x = sigmoid(n.conv(x, 8, (3, 3), padding=(1, 1, 1, 1), groups=2))
    x = n.conv(x, 8, (3, 3), groups=8, bias=False)
    return n.conv(pool(F.max_pool2d, x, 2, 1), 4, (1, 1), groups=4)


def wide(n, x):
    x = relu(n.conv(x, 33, (3, 3), padding=(1, 1, 1, 1)))
    return n.dense(n.conv(x, 18, (1, 1)).mean((1, 2)), 3)


def ends_in_convolution(n, x):
    return n.conv(n.conv(x, 3, (3, 3), padding=(1, 1, 1, 1)), 2, (3, 3), padding=(1, 1, 1, 1))


def max_pooled(n, x):
    x = pool(F.max_pool2d, relu(n.conv(x, 4, (2, 2))), 2)
    x = tanh(pool(F.max_pool2d, n.conv(x, 6, (3, 3), padding=(1, 1, 1, 1)), 3, 2, 1))
    return n.dense(flatten(pool(F.avg_pool2d, x, 2, 1, 1, count_include_pad=False)), 3)


def avg_pooled(n, x):
    x = pool(F.avg_pool2d, x, 3, 2, 1, ceil_mode=True)
    x = F.leaky_relu(avg_pool_same(n.same(x, 3, (2, 2)), (2, 2), (2, 2)), 0.3)
    return pool(F.avg_pool2d, x, (1, 2))


def dilated_pool(n, x):
    x = pool(F.max_pool2d, x, 2, 2, 0, 2, ceil_mode=True)
    return n.dense(sigmoid(n.conv(x, 5, (2, 2))).amax((1, 2)), 4)


def same_pool(n, x):
    return n.dense(flatten(max_pool_same(n.conv(x, 3, (3, 3), padding=(1, 1, 1, 1)), (3, 3), (2, 2))), 2)


def reshaped(n, x):
    x = tanh(n.dense(x, 32)).reshape(-1, 4, 4, 2)
    return n.dense(flatten(relu(n.conv(x, 3, (3, 3), padding=(1, 1, 1, 1)))), 5)


def reshaped_input(n, x):
    x = n.conv(x.reshape(-1, 2, 4, 2), 3, (3, 3), padding=(1, 1, 1, 1))
    x = tanh(n.conv(x.reshape(-1, 4, 2, 3), 2, (3, 3), padding=(1, 1, 1, 1)))
    return n.dense(flatten(x), 3)


def custom(n, x):
    x = pool(F.avg_pool2d, swish(n.conv(x, 4, (3, 3), padding=(1, 1, 1, 1))), 2)
    x = swish(n.conv(x, 3, (2, 2), padding=(1, 1, 1, 1)))
    return softmax(n.dense(swish(n.dense(flatten(x), 7)), 3))


def softmax_inside(n, x):
    return softmax(n.conv(softmax(n.conv(x, 5, (3, 3), padding=(1, 1, 1, 1))), 3, (2, 2)))


def chain(n, x):
    x = F.elu(swish(F.leaky_relu(tanh(n.conv(x, 3, (2, 2))), 0.3)))
    return tanh(swish(n.conv(x, 2, (2, 2))))


def normalized(n, x):
    x = relu(n.norm(n.conv(n.norm(x), 4, (3, 3), bias=False), 1e-5))
    x = flatten(n.norm(tanh(n.conv(x, 3, (2, 2), padding=(1, 1, 1, 1)))))
    return n.dense(F.leaky_relu(n.norm(n.dense(x, 6)), 0.3), 3)


def normalized_late(n, x):
    x = n.norm(n.conv(x, 3, (3, 3), padding=(1, 1, 1, 1)))
    return sigmoid(n.norm(swish(n.conv(x, 2, (3, 3), padding=(1, 1, 1, 1)))))


def layer_normalized(n, x):
    x = relu(n.layer_norm(n.conv(x, 6, (3, 3), padding=(1, 1, 1, 1)), 1e-5))
    x = n.conv(n.layer_norm(tanh(n.conv(x, 21, (2, 2)))), 2, (3, 3), padding=(1, 1, 1, 1))
    return n.dense(sigmoid(n.layer_norm(n.dense(flatten(x), 20))), 3)


def piece_max(x, pieces):
    return x.reshape(*x.shape[:-1], pieces, -1).amax(-2)


def maxed(n, x):
    x = tanh(piece_max(n.dense(piece_max(n.dense(x, 27), 3), 40, bias=False), 2)).reshape(-1, 2, 2, 5)
    x = n.conv(piece_max(n.same(x, 6, (2, 2)), 2), 2, (3, 3), padding=(1, 1, 1, 1))
    return piece_max(n.dense(flatten(x), 4), 2)


def kept(n, x):
    x = relu(n.conv(0.75 * x, 5, (3, 3), padding=(1, 1, 1, 1)))
    return n.dense(flatten(0.875 * n.conv(0.5 * x, 3, (2, 2))), 4)


def lenet_scores(n, x):
    x = pool(F.avg_pool2d, tanh(n.conv(x, 4, (3, 3), padding=(1, 1, 1, 1))), 2)
    x = pool(F.max_pool2d, tanh(n.conv(x, 6, (3, 3))), 2)
    return n.dense(relu(n.dense(flatten(x), 10)), 5)


def lenet(n, x):
    return softmax(lenet_scores(n, x))


def residuals(n, x):
    relu = torch.relu
    def same(y):
        return n.norm(n.conv(y, 8, (3, 3), padding=(1, 1, 1, 1), bias=False))
    x = relu(n.norm(n.conv(x, 4, (3, 3), padding=(1, 1, 1, 1))))
    body = same(relu(n.norm(n.conv(x, 8, (3, 3), (2, 2), (1, 1, 1, 1), bias=False))))
    x = relu(body + n.norm(n.conv(x, 8, (1, 1), (2, 2), bias=False)))
    x = relu(same(relu(same(x))) + x)
    return torch.softmax(n.dense(x.mean((1, 2)), 3), -1)


def inception(n, x):
    relu = torch.relu
    x = relu(n.conv(x, 5, (3, 3)))
    first = relu(n.conv(x, 3, (1, 1)))
    second = relu(n.same(relu(n.conv(x, 2, (1, 1))), 5, (3, 3)))
    third = n.conv(max_pool_same(x, (3, 3), (1, 1)), 2, (1, 1))
    x = torch.tanh(torch.cat([first, second, third, x], -1))
    x = torch.cat([n.conv(x, 17, (1, 1)), torch.tanh(n.same(x, 2, (3, 3)))], -1)
    return n.dense(pool(F.max_pool2d, x, 2).flatten(1), 4)


def dense_block(n, x):
    x = n.same(x, 4, (3, 3))
    for _ in range(3):
        x = torch.cat([n.same(torch.relu(n.norm(x)), 3, (3, 3)), x], -1)
    x = n.conv(torch.relu(n.norm(x)), 4, (1, 1))
    return n.dense(pool(F.avg_pool2d, x, 2).flatten(1), 2)


def skips(n, x):
    e = torch.relu(n.same(x, 4, (3, 3)))
    p = pool(F.avg_pool2d, torch.tanh(n.same(e, 4, (3, 3)) * e), 2)
    q = torch.maximum(n.conv(p, 4, (1, 1)), p)
    return n.dense(((torch.relu(n.conv(q, 4, (1, 1))) + p + q) / 3 + p).flatten(1), 3)


def twins(n, x):
    x = n.same(x, 3, (3, 3))
    before, moving = len(n.parameters), n.moving.state
    x = torch.tanh(n.norm(n.same(x, 3, (3, 3))))
    n.reuse, n.moving.state = iter(n.parameters[before:]), moving
    x = n.norm(n.same(x, 3, (3, 3)))
    n.reuse, before = None, len(n.parameters)
    x = n.conv(x, 3, (1, 1)) + x
    n.reuse = iter(n.parameters[before:])
    x = n.conv(x, 3, (1, 1))
    n.reuse = None
    return n.dense(x.flatten(1), 2)
def depthwise(n, x):
    x = relu(n.depthwise(x, (3, 3), padding=(1, 1, 1, 1), multiplier=2))
    kernel, stride = (3, 2), (2, 2)
    x = tanh(n.norm(n.depthwise(x, kernel, stride, same_padding(x, kernel, stride), bias=False)))
    x = n.conv(n.depthwise(x, (3, 3), padding=(1, 1, 1, 1), bias=False), 5, (1, 1))
    x = n.conv(pool(F.max_pool2d, x, 2), 4, (3, 1), padding=(2, 2, 0, 0), bias=False)
    return n.dense(flatten(n.conv(x, 4, (1, 3), (1, 2), padding=(0, 0, 1, 1))), 3)


def wide_depthwise(n, x):
    x = n.depthwise(tanh(n.depthwise(x, (3, 3), multiplier=2)), (2, 2))
    return n.dense(x.mean((1, 2)), 2)


def transposed(n, x):
    x = relu(n.norm(n.transposed(x, 5, (3, 3), (2, 2), (1, 1, 1, 1), (1, 0), bias=False)))
    # same: 2 x 3 with strides 2, 3 leaves nothing to cut off.
    x = pool(F.max_pool2d, tanh(n.transposed(x, 3, (2, 3), (2, 3))), 2)
    return n.conv(sigmoid(n.transposed(x, 4, (3, 3), dilation=(2, 2))), 2, (3, 3), (2, 2))


def ends_transposed(n, x):
    x = tanh(n.dense(x, 12)).reshape(-1, 2, 3, 2)
    x = relu(n.transposed(x, 3, (4, 4), (2, 2), (1, 1, 1, 1)))
    return n.transposed(x, 1, (2, 2), (3, 3), (0, 1, 1, 0))


def wide_transposed(n, x):
    x = n.transposed(relu(n.transposed(x, 18, (3, 3), (2, 2))), 33, (2, 2))
    return n.dense(x.mean((1, 2)), 2)


def steps(n, x):
    x = relu(n.steps(x, 6, 3, before=4, dilation=2))
    x = tanh(n.steps(x, 4, 3, 2, 2, 1, groups=2)).transpose(1, 2)
    x = F.max_pool1d(x, 2).transpose(1, 2).unsqueeze(1)
    x = sigmoid(n.norm(n.depthwise(x, (1, 2), padding=(0, 0, 0, 1), multiplier=2))).squeeze(1).transpose(1, 2)
    x = F.avg_pool1d(F.pad(x, (1, 0)), 2, 1).repeat_interleave(2, 2)
    x = F.pad(x, (1, 1)).transpose(1, 2)
    return n.dense(n.steps(x, 5, 2).amax(1), 3)


def steps_averaged(n, x):
    return F.elu(n.steps(x, 3, 2, after=1)).mean(1)


def parallel_widths(n, x):
    x = torch.cat([relu(n.steps(x, 5, width)).amax(1) for width in (3, 4, 5)], -1)
    return n.dense(x, 2)


def resized(n, x):
    x = tanh(pool(F.interpolate, relu(n.same(x, 4, (3, 3))), scale_factor=2))
    x = sigmoid(F.pad(x, (0, 0, 2, 1, 1, 0)))
    x = pool(F.interpolate, n.conv(x, 3, (3, 3)), scale_factor=(2, 3), mode="bilinear", align_corners=False)
    return n.conv(F.elu(x[:, 1:-1, 2:-2]), 2, (2, 2), (3, 3))


def responses(n, x):
    x = n.conv(pool(F.local_response_norm, x, 5, 0.5, 0.75, 2.0), 21, (2, 2))
    x = n.conv(relu(pool(F.local_response_norm, x, 4, 1.0, 0.75, 1.0)), 3, (1, 1))
    return n.dense(flatten(tanh(pool(F.lp_pool2d, x, 2, 2, 1))), 2)


def connected(n, x):
    x = pool(F.avg_pool2d, n.conv(x, 6, (3, 3)), 2)
    x = n.table(sigmoid(n.depthwise(x, (1, 1))), (3, 3), 1)
    return n.dense(flatten(pool(F.lp_pool2d, tanh(n.norm(x)), 2, 2)), 3)


def connected_twice(n, x):
    return n.dense(flatten(pool(F.max_pool2d, relu(n.table(x, (2, 3), 0, bias=False)), 2)), 2)


def several(n, image, numbers):
    seen = torch.relu(n.same(image, 3, (3, 3))).mean((1, 2))
    both = torch.cat([torch.tanh(n.dense(numbers, 5)), seen], -1)
    aux = torch.softmax(n.dense(both, 2), -1)
    return n.dense(both, 3) + seen, aux


INPUTS = {
    perceptron: (7,), last_axis: (3, 2, 5), time_axis: (5, 3), blocks: (6,), flattened: (4, 3, 2), pointwise: (5,),
    same: (7, 6, 2), lopsided: (6, 7, 3), grouped: (5, 5, 4), wide: (4, 4, 20), ends_in_convolution: (5, 4, 2),
    max_pooled: (9, 9, 3), avg_pooled: (8, 7, 2), dilated_pool: (8, 9, 3), same_pool: (5, 7, 2),
    reshaped: (12,), reshaped_input: (4, 4, 1), custom: (6, 6, 1), softmax_inside: (4, 4, 3), chain: (4, 5, 2),
    normalized: (5, 5, 3), normalized_late: (4, 4, 2), layer_normalized: (5, 4, 3), maxed: (7,), kept: (4, 3, 2),
    lenet: (12, 12, 1),
    residuals: (8, 8, 3), inception: (7, 7, 3), dense_block: (5, 5, 3), skips: (8, 8, 2), twins: (6, 6, 3),
    normalized: (5, 5, 3), normalized_late: (4, 4, 2), lenet: (12, 12, 1),
    depthwise: (9, 8, 3), wide_depthwise: (5, 6, 19), transposed: (3, 4, 2), ends_transposed: (5,),
    wide_transposed: (3, 3, 20), steps: (13, 3), steps_averaged: (7, 2), parallel_widths: (9, 4), resized: (4, 5, 3), responses: (5, 4, 7),
    connected: (12, 12, 1), connected_twice: (6, 5, 6),
}


def write(name, values):
    numbers = [f"{value:.15g}" for value in values.detach().reshape(-1).tolist()]
    lines = [""]
    for number in numbers:
        if len(lines[-1]) + len(number) + 2 > 108:
            lines.append("")
        lines[-1] += number + ", "
    body = "\n".join("    " + line.rstrip() for line in lines)
    print(f"inline constexpr double {name}[] = {{\n{body}\n}};")


def gradients(network, inputs, loss):
    """The loss, and its gradients for all parameters and the samples, one after the other."""
    n = Net(training=True)
    x = Source(3).tensor(4, *inputs).requires_grad_()
    value = loss(network(n, x))
    value.backward()
    return torch.cat([value.detach().reshape(1)] + [p.grad.reshape(-1) for p in n.parameters] + [x.grad.reshape(-1)])


def trained(optimizer):
    """Parameters of the perceptron after two steps of cross-entropy on one batch, without the softmax."""
    n = Net()
    x = Source(3).tensor(4, 7)
    scores = lambda: n.dense(sigmoid(n.dense(tanh(n.dense(x, 9)), 6, bias=False)), 4)
    scores()
    moving = optimizer(n.parameters)
    for _ in range(2):
        n.reuse = iter(n.parameters)
        moving.zero_grad()
        F.cross_entropy(scores(), torch.tensor([0, 1, 2, 3])).backward()
        moving.step()
    return torch.cat([p.detach().reshape(-1) for p in n.parameters])


END = "\n}  // namespace references\n// clang-format on"


def write_results(script, networks):
    """The beginning of a header, with the results of networks by their inputs' extents; END ends it."""
    print("// SPDX-License-Identifier: BSL-1.0")
    print(f"// Written by {script} with PyTorch {torch.__version__}.")
    print("#pragma once\n\n// clang-format off\nnamespace references {\n")
    print("// Results for two samples.")
    for network, inputs in networks.items():
        write(network.__name__, network(Net(), Source(3).tensor(2, *inputs)))


def main():
    write_results("make_references.py", INPUTS)
    main, aux = several(Net(), Source(3).tensor(2, 6, 6, 2), Source(4).tensor(2, 4))
    write("several", main)
    write("several_aux", aux)
    print("\n// For four samples: the loss, then gradients for parameters and samples.")
    labels = torch.tensor([0, 1, 2, 4])
    write("lenet_gradients", gradients(lenet_scores, (12, 12, 1), lambda y: F.cross_entropy(y, labels)))
    write("normalized_late_gradients", gradients(normalized_late, (4, 4, 2), lambda y: (y - 0.25).square().mean()))
    print("\n// Parameters of the perceptron after two steps.")
    write("after_sgd", trained(lambda p: torch.optim.SGD(p, lr=0.5, weight_decay=0.01)))
    write("after_momentum", trained(lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9)))
    write("after_adam", trained(lambda p: torch.optim.Adam(p, lr=0.01)))
    print(END)


if __name__ == "__main__":
    main()
