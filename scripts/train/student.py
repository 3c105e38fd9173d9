"""The student: torchvision's ResNet-18, the network that facecls runs."""

import torch
import torchvision
from torch import nn

import teacher
from files import UserError, load_tensors
from heads import Heads
from recipe import GROUPS

FEATURES = 512


class Student(nn.Module):
    """0..1 [B, 3, side, side] -> features [B, 512] and logits {head: [B, classes]}, float32."""

    def __init__(self):
        super().__init__()
        self.body = torchvision.models.resnet18()
        self.body.fc = nn.Identity()
        self.heads = Heads(FEATURES)
        self.as_teacher = nn.Linear(FEATURES, teacher.FEATURES)  # the map of its features to the teacher's

    def forward(self, pixels):
        # RGB / 255 * 2 - 1 is the pre-processing of `facecls infer`.
        x = (pixels * 2 - 1).contiguous(memory_format=torch.channels_last)
        features = self.body(x).float()
        return features, self.heads(features)

    def export(self):
        """The state dict of torchvision's resnet18(num_classes=4): body and head `four`, float32, contiguous."""
        state = {name: tensor for name, tensor in self.body.state_dict().items()}
        state |= {f'fc.{name}': tensor for name, tensor in self.heads['four'].state_dict().items()}
        return {name: tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}

    def take(self, state):
        """Takes what `export` gives."""
        state = dict(state)
        head = {name: state.pop(f'fc.{name}') for name in ('weight', 'bias')}
        self.heads['four'].load_state_dict(head)
        self.body.load_state_dict(state)


def read_start(path):
    """The state dict of a ResNet-18 for four groups, from a checkpoint such as this script writes."""
    content = load_tensors(path)
    try:
        state = {name.removeprefix('model.'): tensor for name, tensor in content.get('state_dict', content).items()}
        Student().take(state)
    except (AttributeError, KeyError, RuntimeError, TypeError):  # of the dictionary and of load_state_dict
        raise UserError(f'{path}: no ResNet-18 for {len(GROUPS)} groups. Give another.')
    return state


def checkpoint(student, epoch):
    """What is saved for `facecls convert`: the form of PyTorch Lightning, the network's tensors under `model.`"""
    state = {f'model.{name}': tensor for name, tensor in student.export().items()}
    return {'epoch': epoch, 'state_dict': state, 'hyper_parameters': {'classes': list(GROUPS)}}
