"""Checks of what the networks are given: labels, split, views, chips."""

import collections
import math

import torch
import torch.nn.functional as F

import augment
import teacher
from checks import check, near, numbers, patterns
from faces import is_held_out, read_faces, read_labels, unit_pixels
from losses import resized
from recipe import SIDE
from student import Student


def pixels():
    levels = torch.arange(256, dtype=torch.uint8)[:, None, None, None].repeat(1, 2, 2, 3)
    levels[..., 1] = 7
    seen = {}
    student = Student().eval()
    student.body.conv1.register_forward_pre_hook(lambda _, inputs: seen.update(x=inputs[0]))
    with torch.no_grad():
        student(unit_pixels(levels[:, :, :]).repeat(1, 1, 16, 16))
    expected = torch.tensor([level / 255 * 2 - 1 for level in range(256)])
    check("the student's input is RGB / 255 * 2 - 1", near(seen['x'][:, 0, 0, 0], expected, 1e-6))
    check('channels stay in the order R, G, B', near(seen['x'][:, 1], expected[7], 1e-6))
    values = teacher.network_input(unit_pixels(levels))
    expected = torch.tensor([(level - 122.782) / 256 for level in range(256)])
    check("the teacher's input is (RGB - mean) / 256", near(values[:, 0, 0, 0], expected, 1e-6))


def chip():
    centres = (torch.arange(SIDE) + 0.5).expand(1, 1, SIDE, SIDE)  # each pixel says its x, and in the second, its y
    places = torch.cat([centres, centres.transpose(2, 3), centres], 1)
    part = teacher.chip(places)
    step = 101 / 150
    across = 56 - 50.5 + (torch.arange(150) + 0.5) * step
    down = (70.7 - 50.5 + (torch.arange(150) + 0.5) * step).clamp(max=SIDE - 0.5)
    check('a chip spans 101 pixels about x = 56', near(part[0, 0, 75], across, 1e-3))
    check('and about y = 70.7, the last row replicated below the crop', near(part[0, 1, :, 75], down, 1e-3))


def likeness(a, b):
    """Correlation of the central 64x64 pixels of each picture of `a` with each of `b`: [len(a), len(b)]."""
    flat = [F.avg_pool2d(x[:, :, 24:88, 24:88], 8).flatten(1) for x in (a, b)]
    flat = [F.normalize(x - x.mean(1, keepdim=True), dim=1) for x in flat]
    return flat[0] @ flat[1].T


def views():
    pictures = patterns(64)
    before = pictures.clone()
    own_is_nearest, all_views = 0, []
    for seed in range(8):
        all_views.append(augment.augment(pictures, numbers(seed)))
        nearest = torch.maximum(likeness(all_views[-1], pictures), likeness(all_views[-1], pictures.flip(3))).argmax(1)
        own_is_nearest += (nearest == torch.arange(64)).float().mean().item() / 8
    stack = torch.stack(all_views)
    check('views keep their shape', stack[0].shape == pictures.shape)
    check('and stay in 0..1', 0 <= stack.min() <= stack.max() <= 1)
    check(f'each keeps its place in the batch ({own_is_nearest:.1%} nearest to their own)', own_is_nearest > 0.8)
    check('the faces themselves are left as they were', torch.equal(pictures, before))
    check('the same random numbers give the same views', torch.equal(augment.augment(pictures, numbers(3)), stack[3]))
    check('others give others', not torch.equal(stack[0], stack[1]))


def borders():
    white = torch.ones(32, 3, SIDE, SIDE)
    black = [bool((augment.move(white, numbers(seed)) < 0.5).any()) for seed in range(64)]
    check(f'what a movement lays bare is black in half of the batches ({sum(black)} of 64)', 20 <= sum(black) <= 44)
    # A row of its own brightness says how a view was turned and moved.
    rows = ((torch.arange(SIDE) + 0.5) / SIDE).view(1, 1, SIDE, 1).expand(512, 3, SIDE, SIDE)
    inner = augment.move(rows, numbers(1))[:, 0, 46:66, 46:66]
    slope = torch.atan2(inner.diff(dim=2).mean((1, 2)), inner.diff(dim=1).mean((1, 2))).abs() * 180 / math.pi
    check(f'turned by 12 degrees at most ({slope.max():.1f})', 10 < slope.max() < 13)
    straight = (slope < 0.05).float().mean().item()
    check(f'a fifth is not turned ({straight:.1%})', 0.15 < straight < 0.26)
    # The brightness at the centre is the shift down, half of it for half of 12 %.
    shift = (inner.mean((1, 2)) - 0.5).abs().max().item()
    check(f'shifted by 6 % of the width at most ({shift:.1%})', 0.05 < shift < 0.063)
    heights = (inner.diff(dim=1).mean((1, 2)).square() + inner.diff(dim=2).mean((1, 2)).square()).sqrt() * SIDE
    # The stretch acts along the rows as well: at most e^.06 more.
    extremes = heights.log().abs().max().item()
    check(f'scaled by e^.17 and stretched by e^.06 at most (e^{extremes:.2f})', 0.15 < extremes < 0.24)


def shares():
    grey = torch.full((2000, 3, 20, 20), 0.5)
    noisy = (augment.add_noise(grey.clone(), numbers()) != grey).flatten(1).any(1).float().mean().item()
    erased = (augment.erase(grey.clone(), numbers()) != grey).flatten(1).any(1).float().mean().item()
    check(f'an eighth has noise ({noisy:.1%}), a quarter a rectangle ({erased:.1%})',
          abs(noisy - 0.125) < 0.03 and abs(erased - 0.25) < 0.04)  # fmt: skip
    chequered = (torch.arange(16)[:, None] + torch.arange(16) & 1).float().expand(2000, 3, 16, 16)
    coarse = (augment.coarsen(chequered, numbers()) != chequered).flatten(1).any(1).float().mean().item()
    check(f'a quarter has a lower resolution ({coarse:.1%})', abs(coarse - 0.25) < 0.04)
    colour = torch.tensor([0.6, 0.4, 0.3]).view(1, 3, 1, 1).expand(2000, 3, 4, 4)
    varied = augment.vary_colour(colour, numbers())
    spread = (varied.amax(1) - varied.amin(1)).mean((1, 2))
    check('colours vary from view to view', len(varied.mean((1, 2, 3)).unique()) > 1900 and spread.std() > 0.02)


def mixing():
    halves = torch.cat([torch.zeros(32, 3, 8, 8), torch.ones(32, 3, 8, 8)])
    mixed = augment.mix(halves, numbers(2), 0.8)
    share = numbers(2).beta(0.8, 0.8)
    expected = {round(value, 5) for value in (0.0, share, 1 - share, 1.0)}
    check('mixed images are two, in one proportion', {round(v, 5) for v in mixed[:, 0, 0, 0].tolist()} == expected)


def sizes():
    view = patterns(2)
    check('the student sees 80 pixels up to 30 % of the steps', resized(view, 0.299).shape[2:] == (80, 80))
    check('then the whole view', resized(view, 0.3) is view)
    means = [x.mean((2, 3)) for x in (resized(view, 0), view)]
    check('a smaller view is the same picture', near(*means, 0.01))


def labels(data):
    names, all_labels = read_labels(data)
    counts = collections.Counter(all_labels[:, 0].tolist())
    check('groups of the 38,743 faces', [counts[g] for g in (0, 1, 2, 3, -1)] == [5569, 10207, 7191, 5619, 10157])
    check('seven groups', all_labels[:, 1].bincount().tolist() == [5569, 5425, 4782, 7191, 5619, 4109, 6048])
    check('genders', all_labels[:, 2].bincount().tolist() == [20449, 18294])
    check('ages, those that a spreadsheet spoiled too', all_labels[:, 3].bincount().tolist()
          == [819, 4737, 4180, 11305, 8649, 4722, 2741, 1209, 381])  # fmt: skip
    tenth, fortieth = ({name for name in names if is_held_out(name, one_in)} for one_in in (10, 40))
    check(f'{len(tenth)} and {len(fortieth)} faces held out, the fewer among the more', fortieth < tenth)
    check('a tenth and a fortieth', abs(len(tenth) - 3874) < 150 and abs(len(fortieth) - 969) < 100)
    faces = read_faces(data, 20)
    check('faces are 112x112 and not all alike', len(faces.pictures.float().mean((1, 2, 3)).unique()) == 20)
