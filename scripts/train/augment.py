"""Other views of the same faces. All functions take and give float32 RGB 0..1 [B, 3, H, W] and keep the order of a
batch. `random` is a numpy Generator: the same generator gives the same views.

Most FairFace crops end in black at the top and the sides, where the photograph ended, and most crops of larger
photographs do not. Views are therefore moved, and what a movement lays bare is black in one batch and the replicated
border in another, so that the network cannot read the borders.

The record gives the figures of `move`, the shares, and the sizes of `coarsen`; the strengths of colour, noise and
erasing are chosen here.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def augment(pixels, random):
    """A view of each face, 0..1."""
    pixels = move(pixels, random)
    pixels = vary_colour(pixels, random)
    pixels = coarsen(pixels, random)
    pixels = add_noise(pixels, random)
    return erase(pixels, random).clamp(0, 1)


def uniform(random, low, high, *shape):
    """float32 [*shape] between low and high."""
    return torch.from_numpy(random.uniform(low, high, shape).astype(np.float32))


def some(random, n, share):
    """Each of 0..n-1 with probability `share`."""
    return np.flatnonzero(random.random(n) < share).tolist()


def move(pixels, random):
    """Turns four images in five by up to 12 degrees, scales by e^(+-.17), stretches by e^(+-.06), shifts by up to 12 %
    of half the width and mirrors every other one. One draw per batch makes what is laid bare black or replicated."""
    n = len(pixels)
    turn = uniform(random, -1, 1, n) * math.radians(12) * (uniform(random, 0, 1, n) < 0.8)
    scale, stretch = torch.exp(uniform(random, -0.17, 0.17, n)), torch.exp(uniform(random, -0.06, 0.06, n))
    shift = uniform(random, -0.12, 0.12, n, 2)  # in grid_sample's units, where half the width is 1
    mirror = torch.where(uniform(random, 0, 1, n) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(turn) / scale, torch.sin(turn) / scale
    rows = [cos * mirror * stretch, -sin / stretch, shift[:, 0], sin * mirror * stretch, cos / stretch, shift[:, 1]]
    grid = F.affine_grid(torch.stack(rows, 1).view(n, 2, 3), list(pixels.shape), align_corners=False)
    border = 'zeros' if random.random() < 0.5 else 'border'
    return F.grid_sample(pixels, grid, mode='bilinear', padding_mode=border, align_corners=False)


def vary_colour(pixels, random):
    """Saturation (6 % grey), contrast about the image's mean, brightness and the gain of each channel."""
    n = len(pixels)
    grey = (pixels * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    saturation = uniform(random, 0.6, 1.4, n, 1, 1, 1) * (uniform(random, 0, 1, n, 1, 1, 1) >= 0.06)
    contrast = uniform(random, 0.75, 1.25, n, 1, 1, 1)
    gain = torch.exp(uniform(random, -0.3, 0.3, n, 1, 1, 1) + uniform(random, -0.07, 0.07, n, 3, 1, 1))
    mean = grey.mean((2, 3), keepdim=True)
    # (mean + (grey + (x - grey) saturation - mean) contrast) gain, gathered so that it passes over the pixels once
    kept = pixels * (saturation * contrast * gain)
    return (kept + (grey * (contrast * (1 - saturation)) + mean * (1 - contrast)) * gain).clamp(0, 1)


def coarsen(pixels, random):
    """Shrinks a quarter of the images to .3 to .8 of the side and enlarges them again."""
    pixels = pixels.clone()
    for i in some(random, len(pixels), 0.25):
        side = round(pixels.shape[-1] * random.uniform(0.3, 0.8))
        small = F.interpolate(pixels[i : i + 1], size=(side, side), mode='bilinear', antialias=True)
        pixels[i : i + 1] = F.interpolate(small, size=pixels.shape[2:], mode='bilinear')
    return pixels


def add_noise(pixels, random):
    """Adds normal noise of up to 8 % of the range to an eighth of the images."""
    for i in some(random, len(pixels), 0.125):
        noise = random.standard_normal(pixels.shape[1:], dtype=np.float32) * np.float32(random.uniform(0, 0.08))
        pixels[i] += torch.from_numpy(noise)
    return pixels


def erase(pixels, random):
    """Fills a rectangle, a tenth to four tenths of the side each way, in a quarter of the images with one colour."""
    side = pixels.shape[-1]
    for i in some(random, len(pixels), 0.25):
        height, width = (round(side * random.uniform(0.1, 0.4)) for _ in range(2))
        top, left = random.integers(0, side - height + 1), random.integers(0, side - width + 1)
        pixels[i, :, top : top + height, left : left + width] = uniform(random, 0, 1, 3, 1, 1)
    return pixels


def mix(pixels, random, beta):
    """Blends each image with another of the batch, all in the same proportion, drawn from Beta(beta, beta)."""
    kept = float(random.beta(beta, beta))
    return torch.lerp(pixels[torch.from_numpy(random.permutation(len(pixels)))], pixels, kept)
