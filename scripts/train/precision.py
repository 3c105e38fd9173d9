"""The numbers that the networks compute in."""

import torch

PRECISIONS = ('bfloat16', 'float32')


def autocast(precision):
    """Convolutions and matrix products in this precision; weights, sums and losses stay float32."""
    return torch.autocast('cpu', dtype=torch.bfloat16, enabled=precision == 'bfloat16')
