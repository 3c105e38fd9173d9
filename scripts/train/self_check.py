#!/usr/bin/env python3
"""Checks the parts of train.py that could be wrong without anybody noticing: python3 scripts/train/self_check.py

Needs a minute at most and no GPU. With --preview FILE.png it also draws augmented faces, to look at.
"""

import argparse
import collections
import pathlib
import sys

import torch
import torch.nn.functional as F
import torchvision
from PIL import Image

import train

CPU = torch.device('cpu')


def check(what, holds):
    print('ok  ' if holds else 'FAIL', what)
    if not holds:
        sys.exit(1)


def patterns(n):
    """Smooth random pictures without any black, 0..1 [n, 3, 112, 112], no two alike."""
    coarse = torch.rand(n, 3, 5, 5, generator=torch.Generator().manual_seed(1)) * 0.8 + 0.2
    return F.interpolate(coarse, size=(train.SIDE, train.SIDE), mode='bilinear', align_corners=True)


def likeness(a, b):
    """Correlation of the central 64x64 pixels of each picture of `a` with each of `b`: [len(a), len(b)]."""
    flat = [F.avg_pool2d(x[:, :, 24:88, 24:88], 8).flatten(1) for x in (a, b)]
    flat = [F.normalize(x - x.mean(1, keepdim=True), dim=1) for x in flat]
    return flat[0] @ flat[1].T


def preprocessing():
    levels = torch.arange(256, dtype=torch.uint8)[:, None, None, None].repeat(1, 2, 2, 3)
    levels[..., 1] = 7
    values = train.network_input(train.unit_pixels(levels))
    expected = torch.tensor([level / 255 * 2 - 1 for level in range(256)])
    check('input is RGB / 255 * 2 - 1', torch.allclose(values[:, 0, 0, 0], expected, rtol=0, atol=1e-6))
    check('channels stay in the order R, G, B', (values[:, 1] - expected[7]).abs().max() < 1e-6)


def labels(data):
    names, groups, fairface = train.read_labels(data)
    counts = collections.Counter(groups.tolist())
    check('groups of the 38,743 faces', [counts[g] for g in (0, 1, 2, 3, -1)] == [5569, 10207, 7191, 5619, 10157])
    check('auxiliary classes', torch.bincount(fairface).tolist() == [5569, 5425, 4782, 7191, 5619, 4109, 6048])
    held_out = {name for name in names if train.is_validation(name)}
    check(f'{len(held_out)} faces held out: about a tenth', abs(len(held_out) / len(names) - 0.1) < 0.005)
    check('no name is there twice, so none is on both sides of the split', len(set(names)) == len(names))
    known = {'1.webp': True, '2.webp': False, '26.webp': True, '20002.webp': False}
    check('the split is the one of earlier runs', all(train.is_validation(n) == v for n, v in known.items()))


def augmentation():
    pictures = patterns(64)
    before = pictures.clone()
    own_is_nearest, lowest, highest = 0, 1.0, 0.0
    for epoch in range(8):
        views = train.augment(pictures, train.Random(0, epoch, CPU))
        lowest, highest = min(lowest, views.min().item()), max(highest, views.max().item())
        nearest = torch.maximum(likeness(views, pictures), likeness(views, pictures.flip(3))).argmax(1)
        own_is_nearest += (nearest == torch.arange(64)).float().mean().item() / 8
    check('augmented pictures keep the shape', views.shape == pictures.shape)
    in_range = 0 <= lowest and highest <= 1 and bool(views.isfinite().all())
    check('augmented pictures stay in 0..1 and are finite', in_range)
    check(f'each keeps its place in the batch ({own_is_nearest:.1%} nearest to their own)', own_is_nearest > 0.8)
    check('the faces themselves are left as they were', torch.equal(pictures, before))
    same = [train.augment(pictures, train.Random(5, 2, CPU)) for _ in range(2)]
    check('the same seed and epoch give the same pictures', torch.equal(*same))
    check('another epoch gives others', not torch.equal(same[0], views))


def black():
    grey = torch.full((1, 3, train.SIDE, train.SIDE), 0.5)
    x, y = torch.meshgrid(torch.arange(train.SIDE), torch.arange(train.SIDE), indexing='xy')
    corner = x + y < 60
    grey[:, :, corner] = 0.01
    grey[:, :, 60:70, 60:70] = 0  # black inside the photograph is no edge
    inside = train.inside_photograph(grey)[0, 0] == 1
    # Its two sharp tips, a pixel or two, may stay.
    check('black in a corner is outside the photograph', inside[corner].sum() <= 6)
    check('and a margin of three pixels at most', bool(inside[x + y > 65].all()))
    whole = train.inside_photograph(patterns(4))
    check('a picture without black has no outside', bool((whole == 1).all()))
    filled = train.without_black(torch.cat([grey, patterns(1)]))[0]
    check('filling leaves no black outside', (filled[:, corner].amax(0) < 0.1).sum() <= 6)


def mixing():
    pictures, random = patterns(64), train.Random(0, 1, CPU)
    same, own = train.mix(pictures, random, probability=0.0)
    groups = torch.arange(64) % 5 - 1
    targets = train.soft_targets(groups, 4, own)
    check('what is not mixed is unchanged and keeps its label', torch.equal(same, pictures) and bool((own == 1).all()))
    check('its target is its label', torch.equal(targets[groups >= 0].argmax(1), groups[groups >= 0]))
    check('and sums to 1, or to 0 without a group', torch.allclose(targets.sum(1), (groups >= 0).float()))
    # Black pictures mixed with white ones show their share as grey.
    halves = torch.cat([torch.zeros(32, 3, train.SIDE, train.SIDE), torch.ones(32, 3, train.SIDE, train.SIDE)])
    mixed, own = train.mix(halves, random, probability=1.0)
    shares = mixed.mean((1, 2, 3))
    own_shares = torch.cat([1 - own[:32, 0], own[32:, 0]])
    check('mixed labels have the shares of the pictures', torch.allclose(own_shares, shares, atol=1e-4))


def learning():
    average = {'w': torch.tensor([1.0, 2.0]), 'n': torch.tensor(3)}
    train.update_average(average, {'w': torch.tensor([3.0, 0.0]), 'n': torch.tensor(4)}, step=10**6)
    check('moving average: 0.999 old + 0.001 new', torch.allclose(average['w'], torch.tensor([1.002, 1.998])))
    check('counters are copied', average['n'].item() == 4)
    average = {'w': torch.tensor([1.0])}
    train.update_average(average, {'w': torch.tensor([3.0])}, step=0)
    check('moving average: 0.1 old + 0.9 new at first', torch.allclose(average['w'], torch.tensor([2.8])))
    rates = [train.learning_rate(0.1, step, 1000) for step in range(1001)]
    check('rate rises to its peak in 50 steps', max(rates) == rates[49] == 0.1 and abs(rates[0] - 0.002) < 1e-9)
    check('and falls to 0', rates[50:] == sorted(rates[50:], reverse=True) and abs(rates[1000]) < 1e-9)
    logits, groups = torch.randn(8, 11), torch.tensor([0, 1, 2, 3, 0, 1, 2, 3])
    loss = train.loss_of(logits, groups, groups + 3, torch.ones(8, 1), torch.ones(4))
    smoothing = {'label_smoothing': train.LABEL_SMOOTHING}
    expected = F.cross_entropy(logits[:, :4], groups, **smoothing)
    expected = expected + train.AUXILIARY_WEIGHT * F.cross_entropy(logits[:, 4:], groups + 3, **smoothing)
    check("unmixed, the loss is torch's cross entropy", torch.allclose(loss, expected, atol=1e-5))
    without = train.loss_of(logits[:1], torch.tensor([-1]), groups[:1], torch.ones(1, 1), torch.ones(4))
    expected = train.AUXILIARY_WEIGHT * F.cross_entropy(logits[:1, 4:], groups[:1], **smoothing)
    check('a face without a group takes no part in the four-way loss', torch.allclose(without, expected, atol=1e-5))


def export():
    network = train.new_network().eval()
    plain = torchvision.models.resnet18(num_classes=4).eval()
    weights = train.four_way_weights(network.to(memory_format=torch.channels_last))
    plain.load_state_dict(weights)  # raises if a tensor is left over, missing or of another shape
    pictures = train.network_input(patterns(2))
    with torch.no_grad():
        same = torch.allclose(plain(pictures), network(pictures)[:, :4], atol=1e-5)
    check('the saved four-way network answers as the trained one', same)
    check('its tensors are contiguous', all(tensor.is_contiguous() for tensor in weights.values()))
    scores = train.score(torch.tensor([0, 1, 2, 3, 0, 1, 1]), torch.tensor([0, 1, 2, 3, 1, -1, -1]))
    check('balanced accuracy is the mean recall', abs(scores['balanced_accuracy'] - 3.5 / 4) < 1e-6)


def preview(data, path):
    """Draws 64 training faces as the network sees them, mixed ones among them."""
    names = [name for name in train.read_labels(data)[0] if not train.is_validation(name)][:64]
    random, side = train.Random(0, 1, CPU), train.SIDE
    pixels = train.unit_pixels(train.read_faces(data, names))[random.order(64)]
    mixed, _ = train.mix(train.augment(pixels, random), random)
    sheet = (mixed * 255).round().byte().view(8, 8, 3, side, side).permute(0, 3, 1, 4, 2).reshape(8 * side, -1, 3)
    Image.fromarray(sheet.numpy()).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--data', type=pathlib.Path, default=pathlib.Path('../shared/train'))
    parser.add_argument('--preview', type=pathlib.Path, metavar='FILE.png', help='draw augmented faces too')
    args = parser.parse_args()
    torch.manual_seed(0)
    preprocessing()
    augmentation()
    black()
    mixing()
    learning()
    export()
    if (args.data / 'labels.csv').exists():
        labels(args.data)
        if args.preview:
            preview(args.data, args.preview)
    else:
        print(f'     no {args.data}/labels.csv: labels and split not checked')


if __name__ == '__main__':
    main()
