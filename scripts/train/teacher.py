"""The teacher: dlib's face recognition ResNet (5.6 M parameters, as @vladmandic/face-api ships it), made trainable.

Its layers are convolution, then an affine map of each channel, fixed since dlib's training. Here each becomes
convolution and batch normalisation that starts with the same outputs; see `ConvNorm.measure`.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from heads import Heads
from recipe import SIDE

CHIP = 150  # pixels, the network's input
CHIP_SIDE, CHIP_CENTRE = 101, (56, 70.7)  # pixels in our crop: the geometry the network was trained with
MEAN_RGB = (122.782, 117.001, 104.298)  # levels
LEVELS = 256  # dlib divides by 256; face-api divides by 255
FEATURES = 256

#: Blocks in order, as face-api names them. A `down` block halves the sides.
BLOCKS = {
    'conv32_1': (32, 32), 'conv32_2': (32, 32), 'conv32_3': (32, 32),
    'conv64_down': (32, 64), 'conv64_1': (64, 64), 'conv64_2': (64, 64), 'conv64_3': (64, 64),
    'conv128_down': (64, 128), 'conv128_1': (128, 128), 'conv128_2': (128, 128),
    'conv256_down': (128, 256), 'conv256_1': (256, 256), 'conv256_2': (256, 256), 'conv256_down_out': (256, 256),
}  # fmt: skip


def chip(pixels):
    """0..1 [B, 3, 112, 112] -> 0..1 [B, 3, 150, 150]: the part the network expects, the crop's border replicated."""
    zoom = CHIP_SIDE / SIDE
    x, y = (2 * centre / SIDE - 1 for centre in CHIP_CENTRE)
    matrix = torch.tensor([[[zoom, 0, x], [0, zoom, y]]])
    grid = F.affine_grid(matrix, [1, 3, CHIP, CHIP], align_corners=False).expand(len(pixels), -1, -1, -1)
    return F.grid_sample(pixels, grid, mode='bilinear', padding_mode='border', align_corners=False)


def network_input(chips, levels=LEVELS):
    """0..1 [B, 3, 150, 150] -> (RGB - mean) / levels, channels last in memory."""
    centred = chips * 255 - torch.tensor(MEAN_RGB).view(1, 3, 1, 1)
    return (centred / levels).contiguous(memory_format=torch.channels_last)


class ConvNorm(nn.Module):
    """Convolution and batch normalisation, `affine` map of face-api until `measure` has turned it into the other."""

    def __init__(self, channels, outputs, kernel, stride, padding):
        super().__init__()
        self.conv = nn.Conv2d(channels, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))

    def take(self, weights, name):
        """Multiplies the affine weight into the filters; batch normalisation only adds the bias, until `measure`."""
        scale = weights[f'{name}/scale/weights']
        self.conv.weight.data = (weights[f'{name}/conv/filters'] * scale).permute(3, 2, 0, 1).contiguous()
        self.norm.weight.data.fill_((1 + self.norm.eps) ** 0.5)  # the running variance is 1, the mean 0
        self.norm.bias.data = weights[f'{name}/conv/bias'] * scale + weights[f'{name}/scale/biases']

    def measure(self, filtered):
        """Takes mean and variance of the convolution's outputs [B, C, H, W] and keeps the outputs as they are:
        weight = sqrt(variance + eps) undoes the division, bias + mean undoes the subtraction."""
        norm = self.norm
        variance, mean = torch.var_mean(filtered, (0, 2, 3), unbiased=False)
        norm.bias.data += mean - norm.running_mean
        norm.weight.data = torch.sqrt(variance + norm.eps)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)

    def fuse(self):
        """Puts the normalisation into the convolution, for a network that learns no more."""
        self.conv, self.norm = fuse_conv_bn_eval(self.conv, self.norm), nn.Identity()


class Block(nn.Module):
    """Residual block. In a `down` block the shortcut is an average of 2x2, with empty channels where the width grows;
    the convolution has no padding, and its outputs get a row and column of zeros where they are smaller."""

    def __init__(self, channels, outputs, down):
        super().__init__()
        self.down = down
        self.conv1 = ConvNorm(channels, outputs, 3, *((2, 0) if down else (1, 1)))
        self.conv2 = ConvNorm(outputs, outputs, 3, 1, 1)

    def forward(self, x):
        out = self.conv2(F.relu(self.conv1(x)))
        if self.down:
            x = F.avg_pool2d(x, 2)
            out = F.pad(out, (0, x.shape[3] - out.shape[3], 0, x.shape[2] - out.shape[2]))
            if out.shape[1] > x.shape[1]:
                x = torch.cat([x, torch.zeros_like(x)], 1)
        return F.relu(out + x)


class Teacher(nn.Module):
    """0..1 [B, 3, 112, 112] -> features [B, 256] and logits {head: [B, classes]}, float32."""

    def __init__(self):
        super().__init__()
        self.stem = ConvNorm(3, 32, 7, 2, 0)
        blocks = {name: Block(*sizes, 'down' in name) for name, sizes in BLOCKS.items()}
        self.blocks = nn.ModuleDict(blocks)
        self.heads = Heads(FEATURES)

    def features(self, x):
        """(RGB - mean) / levels [B, 3, 150, 150] -> pooled features [B, 256]."""
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)
        for block in self.blocks.values():
            x = block(x)
        return x.mean((2, 3))

    def forward(self, pixels):
        features = self.features(network_input(chip(pixels))).float()
        return features, self.heads(features)

    def conv_norms(self):
        return [module for module in self.modules() if isinstance(module, ConvNorm)]

    def take(self, weights):
        """Takes face-api's weights; the outputs are face-api's, the statistics 0 and 1 still."""
        self.stem.take(weights, 'conv32_down')
        for name, block in self.blocks.items():
            block.conv1.take(weights, f'{name}/conv1')
            block.conv2.take(weights, f'{name}/conv2')
        return self

    @torch.no_grad()
    def measure(self, pixels):
        """Measures all statistics on faces, 0..1 [B, 3, 112, 112]. One pass: no layer's outputs change."""
        hooks = [
            layer.conv.register_forward_hook(lambda _, __, filtered, layer=layer: layer.measure(filtered))
            for layer in self.conv_norms()
        ]
        self.eval()(pixels)
        for hook in hooks:
            hook.remove()
        return self

    def freeze(self):
        """The network that teaches: no gradients, normalisation within the convolutions."""
        self.eval()
        for layer in self.conv_norms():
            layer.fuse()
        return self.requires_grad_(False).to(memory_format=torch.channels_last)
