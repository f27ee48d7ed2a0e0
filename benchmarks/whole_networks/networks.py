# SPDX-License-Identifier: BSL-1.0
"""The published networks that are compared, in PyTorch with random weights."""
import torch
import torchvision
from torch import nn


def mobilenet_v1():
    def block(inputs, outputs, stride):
        return [nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.ReLU(),
                nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

    layers = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    width = 32
    for outputs, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
        layers += block(width, outputs, stride)
        width = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


MAKERS = {"alexnet": torchvision.models.alexnet, "vgg16": torchvision.models.vgg16, "resnet34": torchvision.models.resnet34,
          "resnet50": torchvision.models.resnet50,
          "mobilenet": mobilenet_v1, "mobilenet_v3": torchvision.models.mobilenet_v3_large,
          "efficientnet": torchvision.models.efficientnet_b0}


def make(name):
    torch.manual_seed(0)
    return nn.Sequential(MAKERS[name](), nn.Softmax(1)).eval()
