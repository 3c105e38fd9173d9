"""The losses: true labels alone, or a teacher beside them.

A loss is a function of a network, a view (0..1 [B, 3, 112, 112]), labels [B, 4], random numbers and the progress of the
training (0..1). It gives {name: scalar}; their sum is what is learned from.
"""

import torch
import torch.nn.functional as F

from augment import mix
from recipe import (
    FEATURE_LOSS,
    HEADS,
    LABEL_SMOOTHING,
    MIXED_BATCHES,
    MIXED_BETA,
    SMALL_SHARE,
    SMALL_SIDE,
    SOFT_LOSS,
    SOFT_TEMPERATURE,
    STUDENT_LOSS,
    UNKNOWN,
)


def group_weights(labels):
    """Weight of each of the four groups [4] from labels [N, 4]: inverse to its frequency, so that all groups count
    alike; the mean weight of a face is 1."""
    counts = labels[labels[:, 0] != UNKNOWN, 0].bincount(minlength=HEADS['four'])
    return counts.sum() / (len(counts) * counts)


def label_losses(logits, labels, loss_weights, four_weights):
    """Cross entropies {head: scalar}, each times its weight, of logits {head: [B, classes]} and labels [B, 4].

    A face without one of the four groups takes no part in `four`; a batch of such faces has none.
    """
    losses = {}
    for column, name in enumerate(HEADS):
        known = labels[:, column] != UNKNOWN
        options = {'label_smoothing': LABEL_SMOOTHING} if name in ('four', 'seven') else {}
        if name == 'four':
            options['weight'] = four_weights
        if known.any():
            losses[name] = loss_weights[name] * F.cross_entropy(logits[name][known], labels[known, column], **options)
    return losses


def resized(pixels, progress):
    """The student's input at `progress` (0..1) of its training: 80 pixels at first, the whole 112 then."""
    if progress >= SMALL_SHARE:
        return pixels
    return F.interpolate(pixels, size=(SMALL_SIDE, SMALL_SIDE), mode='bilinear', antialias=True)


def soft_losses(logits, features, teacher_logits, teacher_features):
    """Losses against the teacher {name: scalar}: Kullback-Leibler divergence of the groups' probabilities at the
    temperature, times its square so that gradients keep their size (Hinton et al. 2015), and 1 - cosine of the
    features [B, 256]."""
    losses = {}
    for name, weight in SOFT_LOSS.items():
        own, wanted = (x[name].div(SOFT_TEMPERATURE).log_softmax(1) for x in (logits, teacher_logits))
        divergence = F.kl_div(own, wanted, reduction='batchmean', log_target=True)
        losses[f'soft_{name}'] = weight * SOFT_TEMPERATURE**2 * divergence
    losses['features'] = FEATURE_LOSS * (1 - F.cosine_similarity(features, teacher_features).mean())
    return losses


class TaughtLoss:
    """The student's loss: the teacher sees the view that the student sees. In three batches of ten the images are
    mixed, and the true labels do not count."""

    def __init__(self, taught_by, four_weights):
        self.teacher, self.four_weights = taught_by, four_weights

    def __call__(self, student, view, labels, random, progress):
        is_mixed = random.random() < MIXED_BATCHES
        if is_mixed:
            view = mix(view, random, MIXED_BETA)
        with torch.no_grad():
            teacher_features, teacher_logits = self.teacher(view)
        features, logits = student(resized(view, progress))
        losses = soft_losses(logits, student.as_teacher(features).float(), teacher_logits, teacher_features)
        if not is_mixed:
            losses |= label_losses(logits, labels, STUDENT_LOSS, self.four_weights)
        return losses


class LabelLoss:
    """The loss of a network that learns from true labels alone: the teacher, and the student's start (`grows`)."""

    def __init__(self, loss_weights, four_weights, grows):
        self.loss_weights, self.four_weights, self.grows = loss_weights, four_weights, grows

    def __call__(self, network, view, labels, random, progress):
        _, logits = network(resized(view, progress) if self.grows else view)
        return label_losses(logits, labels, self.loss_weights, self.four_weights)
