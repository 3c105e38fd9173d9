"""What the self-checks share."""

import sys

import numpy as np
import torch
import torch.nn.functional as F

from faces import Faces
from recipe import HEADS, SIDE


def check(what, holds):
    print('ok  ' if holds else 'FAIL', what, flush=True)
    if not holds:
        sys.exit(1)


def near(a, b, tolerance=1e-5):
    return bool((torch.as_tensor(a) - torch.as_tensor(b)).abs().max() <= tolerance)


def numbers(seed=0):
    return np.random.default_rng(seed)


def patterns(n):
    """Smooth random pictures without any black, 0..1 [n, 3, 112, 112], no two alike."""
    coarse = torch.rand(n, 3, 5, 5, generator=torch.Generator().manual_seed(1)) * 0.8 + 0.2
    return F.interpolate(coarse, size=(SIDE, SIDE), mode='bilinear', align_corners=True)


def pattern_faces(n):
    """Patterns as faces, with labels that take turns; the last two of seven groups have none of the four."""
    labels = torch.stack([torch.arange(n) % classes for classes in HEADS.values()], 1)
    labels[:, 0] = torch.tensor([0, 1, 1, 2, 3, -1, -1])[labels[:, 1]]
    pictures = (patterns(n) * 255).round().byte().permute(0, 2, 3, 1).contiguous()
    return Faces([f'{i}.webp' for i in range(n)], pictures, labels)
