"""A network that learns: its optimizer, its schedule and the average of its weights."""

import copy
import math

import torch
from torch import nn

from precision import autocast
from recipe import AVERAGE_EVERY, LARGEST_GRADIENT, MOMENTUM, WEIGHT_DECAY


def learning_rate(stage, step, steps):
    """Rises in a line over the warm-up (a fifth of the steps at most), then falls along half a cosine to 0."""
    warm_up = max(1, min(stage.warm_up, steps // 5))
    if step < warm_up:
        return stage.rate * (step + 1) / warm_up
    return stage.rate * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def parameter_groups(network, head_rate):
    """Body and heads, matrices (which decay) and vectors (which do not). `times` multiplies the learning rate."""
    groups = []
    for times, is_head in ((1, False), (head_rate, True)):
        chosen = [p for name, p in network.named_parameters() if name.startswith('heads.') == is_head]
        groups.append({'params': [p for p in chosen if p.ndim > 1], 'weight_decay': WEIGHT_DECAY, 'times': times})
        groups.append({'params': [p for p in chosen if p.ndim == 1], 'weight_decay': 0.0, 'times': times})
    return groups


@torch.no_grad()
def update_average(average, network, keep, updates):
    """average <- k * average + (1 - k) * network, for two state dicts, batch statistics included; counters are copied.
    k is `keep`, less during the first updates, so that the average does not drag the initial weights along."""
    keep = min(keep, (1 + updates) / (10 + updates))
    for kept, new in zip(average.values(), network.values()):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - keep)
        else:
            kept.copy_(new)


class Learner:
    """One network in one stage. `average` is the network that is measured and kept."""

    def __init__(self, stage, network, loss, steps, precision):
        self.stage, self.loss, self.steps, self.precision = stage, loss, steps, precision
        # An average, which an earlier stage leaves, has no gradients.
        self.network = network.requires_grad_(True).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        # The rate is set at every step.
        groups = parameter_groups(self.network, stage.head_rate)
        self.optimizer = torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, nesterov=True)

    def state(self):
        """Tensors of network, average and momentum; all else of the optimizer follows from the recipe."""
        momentum = self.optimizer.state_dict()['state']
        return {'network': self.network.state_dict(), 'average': self.average.state_dict(), 'momentum': momentum}

    def load(self, state):
        self.network.load_state_dict(state['network'])
        self.average.load_state_dict(state['average'])
        groups = self.optimizer.state_dict()['param_groups']
        self.optimizer.load_state_dict({'state': state['momentum'], 'param_groups': groups})

    def learn(self, step, view, labels, random):
        """Step number `step`. Returns the losses {name: float}."""
        self.network.train()
        with autocast(self.precision):
            losses = self.loss(self.network, view, labels, random, step / self.steps)
        self.optimizer.zero_grad(set_to_none=True)
        if losses:
            sum(losses.values()).backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate(self.stage, step, self.steps) * group['times']
        self.optimizer.step()
        if step % AVERAGE_EVERY == AVERAGE_EVERY - 1:
            updates = step // AVERAGE_EVERY
            update_average(self.average.state_dict(), self.network.state_dict(), self.stage.average, updates)
        return {name: loss.item() for name, loss in losses.items()}
