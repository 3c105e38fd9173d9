"""What a network says of held-out faces."""

import torch

from faces import unit_pixels
from precision import autocast
from recipe import HEADS, UNKNOWN


@torch.no_grad()
def predict(network, pictures, precision='float32'):
    """Logits `four` [N, 4] of uint8 faces [N, 112, 112, 3]."""
    network.eval()
    logits = []
    for batch in pictures.split(128):
        with autocast(precision):
            logits.append(network(unit_pixels(batch))[1]['four'])
    return torch.cat(logits)


def score(predicted, truth):
    """Accuracy, balanced accuracy (mean recall), recalls and confusion (rows: truth) of predicted groups [N] and
    labels `four` [N]; faces without a group are left out."""
    predicted, truth = predicted[truth != UNKNOWN], truth[truth != UNKNOWN]
    size = HEADS['four']
    confusion = torch.bincount(truth * size + predicted, minlength=size * size).view(size, size)
    recall = confusion.diag().double() / confusion.sum(1)
    return {
        'faces': len(truth),
        'accuracy': (predicted == truth).double().mean().item(),
        'balanced_accuracy': recall.mean().item(),
        'recall': recall.tolist(),
        'confusion': confusion.tolist(),
    }


def in_words(scores):
    recalls = ' '.join(f'{value:.3f}' for value in scores['recall'])
    return f'accuracy {scores["accuracy"]:.3f} balanced {scores["balanced_accuracy"]:.3f} recalls {recalls}'
