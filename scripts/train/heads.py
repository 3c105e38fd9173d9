"""Linear heads on the features of a network, one for each kind of label."""

from torch import nn

from recipe import HEADS


class Heads(nn.ModuleDict):
    """features [B, C] -> logits {head: [B, classes]}, float32."""

    def __init__(self, channels):
        super().__init__({name: nn.Linear(channels, classes) for name, classes in HEADS.items()})

    def forward(self, features):
        return {name: head(features).float() for name, head in self.items()}
