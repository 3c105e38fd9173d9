#!/usr/bin/env python3
"""Trains the bundled classifier: torchvision's ResNet-18 with four outputs, from scratch, on aligned faces.

Only whoever retrains the classifier needs this script; README.md beside it has what it needs and the commands. The
network answers two questions at once: which of the four groups of facecls, and which of FairFace's seven. The second
is an auxiliary head that only training sees: through it, faces of the two FairFace groups without a counterpart among
the four teach the features too.
"""

import argparse
import copy
import csv
import hashlib
import io
import json
import math
import os
import pathlib
import sys
import time
import zipfile

os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')  # cuBLAS is deterministic only with this

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image

SIDE = 112  # pixels, of the square crops that `facecls align` cuts
GROUPS = ('African', 'Asian', 'Caucasian', 'Indian')  # the order of the network's outputs
FAIRFACE = ('Black', 'East Asian', 'Southeast Asian', 'White', 'Indian', 'Middle Eastern', 'Latino_Hispanic')
GROUP_OF_FAIRFACE = {'Black': 0, 'East Asian': 1, 'Southeast Asian': 1, 'White': 2, 'Indian': 3}
NO_GROUP = -1  # Middle Eastern and Latino_Hispanic: auxiliary head only
VALIDATION_SHARE = 10  # one face in ten

LABEL_SMOOTHING = 0.1
AUXILIARY_WEIGHT = 0.5  # of the seven-way loss beside the four-way one
MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
WARM_UP = 0.05  # share of the steps
EMA_DECAY = 0.999  # a step
BLACK = 8 / 255  # WebP leaves the black outside a photograph not quite at zero


class UserError(Exception):
    """What whoever runs the script can put right."""


# Faces and labels

def read_labels(data):
    """Names [N], group index [N] (0..3 or NO_GROUP) and FairFace index [N] (0..6) from labels.csv.

    Only `file` and `race` are read: the ages have been through a spreadsheet ("03-Sep" for 3-9).
    """
    path = data / 'labels.csv'
    try:
        with open(path, newline='', encoding='utf-8') as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise UserError(f'{path} cannot be read ({error.strerror}): give the folder of the faces with --data')
    for line, row in enumerate(rows, start=2):
        if row.get('race') not in FAIRFACE or not row.get('file'):
            raise UserError(f'{path}, line {line}: needs a file and a race that is one of {", ".join(FAIRFACE)}')
    names = [row['file'] for row in rows]
    fairface = torch.tensor([FAIRFACE.index(row['race']) for row in rows])
    groups = torch.tensor([GROUP_OF_FAIRFACE.get(row['race'], NO_GROUP) for row in rows])
    return names, groups, fairface


def is_validation(name):
    """Whether a face is held out: decided by its name alone, so on every machine and for any subset alike."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % VALIDATION_SHARE == 0


def read_faces(data, names):
    """The named faces, uint8 RGB [N, 112, 112, 3], out of all zip files of the folder."""
    holder = {}  # the zip file of each face
    for path in sorted(data.glob('*.zip')):
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UserError(f'{path} cannot be read: {error}')
        holder.update(dict.fromkeys(archive.namelist(), archive))
    faces = torch.empty(len(names), SIDE, SIDE, 3, dtype=torch.uint8)
    for i, name in enumerate(names):
        if name not in holder:
            raise UserError(f'{name} of labels.csv is in no zip file of {data}')
        where = f'{name} in {holder[name].filename}'
        try:
            face = Image.open(io.BytesIO(holder[name].read(name))).convert('RGB')
        except Exception as error:  # Pillow's decoders raise many kinds
            raise UserError(f'{where} cannot be decoded: {error}')
        if face.size != (SIDE, SIDE):
            raise UserError(f'{where} is {face.width}x{face.height}, not {SIDE}x{SIDE}: cut it with `facecls align`')
        faces[i] = torch.from_numpy(np.array(face))
    return faces


def write_whole(path, write):
    """Writes a file under another name and renames it, so that one that exists is whole."""
    partial = path.with_name(path.name + '.partial')
    with open(partial, 'wb') as file:
        write(file)
    os.replace(partial, path)


def unit_pixels(faces):
    """uint8 RGB [B, 112, 112, 3] -> float32 0..1 [B, 3, 112, 112], in channels-last memory as it comes."""
    return faces.permute(0, 3, 1, 2).float() / 255


def network_input(pixels):
    """0..1 -> -1..1, which makes RGB / 255 * 2 - 1 of the two: the pre-processing of `facecls infer`."""
    return pixels * 2 - 1


# Augmentation: on whole batches, on the device of the faces

class Random:
    """The random numbers of one epoch. Seeded by its number, so a resumed run draws what an uninterrupted one does."""

    def __init__(self, seed, epoch, device):
        self.device = device
        self.host = torch.Generator().manual_seed(seed * 100_003 + epoch)
        self.generator = torch.Generator(device).manual_seed(seed * 100_003 + epoch)

    def uniform(self, n, low=0.0, high=1.0, channels=1):
        """[n, channels, 1, 1] on the device."""
        numbers = torch.rand(n, channels, 1, 1, generator=self.generator, device=self.device)
        return numbers * (high - low) + low

    def chance(self, n, probability):
        """Booleans [n, 1, 1, 1] on the device."""
        return self.uniform(n) < probability

    def number(self, low, high):
        """A float on the host, one for a whole batch: for sizes, which a device must not be asked for."""
        return low + (high - low) * torch.rand((), generator=self.host).item()

    def order(self, n):
        """A permutation of 0..n-1 on the device."""
        return torch.randperm(n, generator=self.host).to(self.device)


def inside_photograph(pixels):
    """1 where a crop shows the photograph, 0 in the black outside it: [B, 3, H, W] in 0..1 -> [B, 1, H, W].

    Outside is what can be reached from an edge along a row or a column through black only. Strips narrower than five
    pixels are dropped (they run into dark hair) and one pixel all round is added (resampling has darkened it).
    """
    black = (pixels.amax(1, keepdim=True) <= BLACK).float()
    from_edges = [black.cumprod(axis) for axis in (2, 3)]
    from_edges += [black.flip(axis).cumprod(axis).flip(axis) for axis in (2, 3)]
    outside = torch.stack(from_edges).amax(0)
    core = -F.max_pool2d(-outside, 5, stride=1, padding=2)
    return 1 - F.max_pool2d(core, 7, stride=1, padding=3)


def vary_colour(pixels, inside, random):
    """Contrast, saturation (a tenth grey), tint, brightness and gamma, drawn for each image; 0..1 in and out."""
    n = len(pixels)
    luma = pixels.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    grey = (pixels * luma).sum(1, keepdim=True)
    mean = (grey * inside).sum((2, 3), keepdim=True) / inside.sum((2, 3), keepdim=True).clamp(min=1)
    saturation = random.uniform(n, 0.5, 1.5) * ~random.chance(n, 0.1)
    pixels = grey + (pixels - grey) * saturation
    pixels = mean + (pixels - mean) * random.uniform(n, 0.7, 1.3)
    gain = torch.exp(random.uniform(n, -0.35, 0.35) + random.uniform(n, -0.08, 0.08, channels=3))
    return (pixels * gain).clamp(0, 1) ** torch.exp(random.uniform(n, -0.25, 0.25))


def soften(layers, random):
    """Shrinks and enlarges the first eighth of a batch and blurs the second; the order of a batch is random anyway."""
    eighth = len(layers) // 8
    if eighth == 0:
        return layers
    side = round(random.number(20, 64))
    small = F.interpolate(layers[:eighth], size=(side, side), mode='area')
    coarse = F.interpolate(small, size=layers.shape[2:], mode='bilinear', align_corners=False)
    reach = 6  # pixels: three standard deviations of the widest blur
    offsets = torch.arange(-reach, reach + 1, device=layers.device, dtype=layers.dtype)
    kernel = torch.exp(-0.5 * (offsets / random.number(0.5, 2)) ** 2)
    kernel = (kernel / kernel.sum()).repeat(layers.shape[1], 1, 1, 1)  # [C, 1, 1, 13]
    blurred = F.pad(layers[eighth : 2 * eighth], [reach] * 4, mode='replicate')
    for weights in (kernel, kernel.transpose(2, 3)):
        blurred = F.conv2d(blurred, weights, groups=layers.shape[1])
    return torch.cat([coarse, blurred, layers[2 * eighth :]])


def move(layers, random):
    """Mirrors half of the images and turns (12 degrees), zooms, stretches and shifts (8 pixels) each; 0 outside."""
    n = len(layers)
    turn = random.uniform(n, -1, 1).flatten() * math.radians(12)
    zoom = torch.exp(random.uniform(n, -0.25, 0.15).flatten())  # of the grid: below 1 the face grows
    stretch = torch.exp(random.uniform(n, -0.06, 0.06).flatten())
    mirror = torch.where(random.chance(n, 0.5).flatten(), -1.0, 1.0)
    shift = random.uniform(n, -8, 8, channels=2).flatten(1) * 2 / SIDE  # the crop is 2 wide in grid_sample's units
    cos, sin = torch.cos(turn) * zoom, torch.sin(turn) * zoom
    rows = [cos * mirror * stretch, -sin / stretch, shift[:, 0], sin * mirror * stretch, cos / stretch, shift[:, 1]]
    matrices = torch.stack(rows, 1).view(n, 2, 3)
    grid = F.affine_grid(matrices, list(layers.shape), align_corners=False)
    return F.grid_sample(layers, grid, mode='bilinear', padding_mode='zeros', align_corners=False)


def positions(device):
    """x [1, 1, 1, W] and y [1, 1, H, 1] of the pixel centres, -1..1 over the crop."""
    centres = (torch.arange(SIDE, device=device) + 0.5) / SIDE * 2 - 1
    return centres.view(1, 1, 1, SIDE), centres.view(1, 1, SIDE, 1)


def cut_edge(layers, random):
    """Ends two photographs in five at a straight line beside the face, as the edge of a picture does."""
    n = len(layers)
    x, y = positions(layers.device)
    side = torch.floor(random.uniform(n, 0, 4)) * (math.pi / 2)
    angle = side + random.uniform(n, -0.35, 0.35)
    distance = torch.where(random.chance(n, 0.4), random.uniform(n, 0.5, 1.2), 3.0)  # 3: beyond the corners
    return layers * ((distance - x * torch.cos(angle) - y * torch.sin(angle)) * SIDE / 2).clamp(0, 1)


def rectangles(n, low, high, random):
    """1 in a rectangle anywhere, 0 elsewhere, [n, 1, H, W]; each side `low`..`high` of the crop's."""
    x, y = positions(random.device)
    within = [(axis - random.uniform(n, -1, 1)).abs() < random.uniform(n, low, high) for axis in (x, y)]
    return (within[0] & within[1]).float()


def augment(pixels, random):
    """Other views of the same faces: 0..1 [B, 3, H, W] in and out, each image keeping its place in the batch.

    Nearly every crop of FairFace has black at the top and the sides, where the photograph ended, and nearly no crop of
    a larger photograph has. The network must do with both and read neither. So a fourth layer says where the photograph
    is, goes through the same blur and movement, and what lies outside (the original black, what the movement laid bare
    and a drawn edge, with no difference between them) is filled in one go: half of the faces with black, a fifth with
    a random colour, the others with another picture upside down, whose lower part is never black.
    """
    n = len(pixels)
    inside = inside_photograph(pixels)
    # Colours multiplied by the fourth layer, so that blur and interpolation draw no black into the photograph.
    layers = torch.cat([vary_colour(pixels, inside, random) * inside, inside], 1)
    layers = cut_edge(move(soften(layers, random), random), random)
    photograph, inside = layers[:, :3], layers[:, 3:]
    kind = random.uniform(n)
    fill = torch.where(kind < 0.2, random.uniform(n, channels=3), photograph.roll(1, 0).flip(2))
    photograph = photograph + fill * (1 - inside) * (kind < 0.5)
    erased = rectangles(n, 0.1, 0.4, random) * random.chance(n, 0.25)
    return torch.lerp(photograph, random.uniform(n, channels=3).expand_as(photograph), erased).clamp(0, 1)


def mix(pixels, random, probability=0.5):
    """Mixes each image, with `probability`, with the one half a batch further: blended, or one rectangle of it.

    Returns the images and the share of each that is still itself, [B, 1], 1 for those that were not mixed.
    """
    n = len(pixels)
    blended = random.uniform(n).expand(n, 1, SIDE, SIDE)
    keep = torch.where(random.chance(n, 0.5), blended, 1 - rectangles(n, 0.2, 0.8, random))
    keep = torch.where(random.chance(n, probability), keep, 1.0)
    return torch.lerp(partners(pixels), pixels, keep), keep.mean((2, 3))


def partners(batch):
    """What each element of a batch is mixed with."""
    return batch.roll(len(batch) // 2, 0)


# Network, loss, average, schedule

def new_network(outputs=len(GROUPS) + len(FAIRFACE)):
    """ResNet-18 whose last layer has both heads, one below the other: four groups, then FairFace's seven."""
    return torchvision.models.resnet18(num_classes=outputs, zero_init_residual=True)


def four_way_weights(network):
    """The state dict of torchvision's resnet18(num_classes=4): the auxiliary rows cut off, on the CPU, contiguous."""
    state = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    for name in ('fc.weight', 'fc.bias'):
        state[name] = state[name][: len(GROUPS)]
    # A clone, for a slice would be saved with all it is a slice of.
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}


def soft_targets(labels, classes, own):
    """Smoothed and mixed targets [B, classes]. `labels` [B], `own` [B, 1] from `mix`. A face without a class has none:
    its row, or its part of a mixed row, is zero."""
    known = (labels >= 0).float()[:, None]
    targets = F.one_hot(labels.clamp(min=0), classes) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / classes
    targets = targets * known
    return targets * own + partners(targets) * (1 - own)


def loss_of(logits, groups, fairface, own, group_weights):
    """Cross entropy of the four groups, weighted by `group_weights` [4], and, at half weight, of FairFace's seven."""
    log_probabilities = logits.float().split([len(GROUPS), len(FAIRFACE)], 1)
    four = soft_targets(groups, len(GROUPS), own)
    seven = soft_targets(fairface, len(FAIRFACE), own)
    four_way = -(four * group_weights * log_probabilities[0].log_softmax(1)).sum() / four.sum().clamp(min=1)
    seven_way = -(seven * log_probabilities[1].log_softmax(1)).sum() / len(seven)
    return four_way + AUXILIARY_WEIGHT * seven_way


@torch.no_grad()
def update_average(average, network, step):
    """average <- d * average + (1 - d) * network, for two state dicts, batch statistics included; counters are copied.
    d grows to EMA_DECAY from 0.1 at step 0, so that the average does not drag the initial weights along."""
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    for kept, new in zip(average.values(), network.values()):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def learning_rate(peak, step, steps):
    """Rises in a line over the first twentieth of the steps, then falls along half a cosine to 0."""
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


# Validation

@torch.no_grad()
def predict(network, faces, prepare=lambda pixels: pixels):
    """Predicted group [N] (CPU) of uint8 faces [N, 112, 112, 3], in float32; `prepare` changes the pixels (0..1)."""
    network.eval()
    batches = [network(network_input(prepare(unit_pixels(batch)))) for batch in faces.split(500)]
    return torch.cat(batches)[:, : len(GROUPS)].argmax(1).cpu()


def score(predicted, truth):
    """Balanced accuracy (mean recall), recalls and confusion (rows: truth); faces without a group are left out."""
    predicted, truth = predicted[truth >= 0], truth[truth >= 0]
    size = len(GROUPS)
    confusion = torch.bincount(truth * size + predicted, minlength=size * size).view(size, size)
    recall = (confusion.diag().double() / confusion.sum(1)).tolist()
    return {
        'balanced_accuracy': sum(recall) / size,
        'recall': dict(zip(GROUPS, recall)),
        'confusion': confusion.tolist(),
    }


def without_black(pixels):
    """The black outside each photograph filled with another picture, as in training: does the network read it?"""
    inside = inside_photograph(pixels)
    return pixels * inside + (pixels * inside).roll(1, 0).flip(2) * (1 - inside)


# Training

class Faces:
    """The faces and their labels on the device, split into training and validation. All of them take 1.5 GB there;
    batches are gathered in place, so no loader has to keep up with a GPU."""

    def __init__(self, args, device):
        names, groups, fairface = (column[: args.limit_images] for column in read_labels(args.data))
        pictures = read_faces(args.data, names)
        validation = torch.tensor([is_validation(name) for name in names])
        training = ~validation
        if training.sum() < args.batch_size or len(fairface[training].unique()) < len(FAIRFACE):
            raise UserError('too few faces to train on for this batch size, or none of a group')
        if len(fairface[validation].unique()) < len(FAIRFACE):
            raise UserError('no faces of some group to validate on: raise --limit_images')
        self.pictures, self.groups, self.fairface = (t[training].to(device) for t in (pictures, groups, fairface))
        self.val_pictures, self.val_groups, self.val_fairface = (
            pictures[validation].to(device), groups[validation], fairface[validation]
        )
        counts = torch.bincount(groups[training & (groups >= 0)], minlength=len(GROUPS))
        # Each group weighs the same, as in the balanced accuracy; the mean weight of a face is 1.
        self.group_weights = (counts.sum() / (len(GROUPS) * counts)).to(device)
        print(f'{len(self.groups)} faces to train on, {len(self.val_groups)} to validate on', flush=True)


class Learner:
    """The network, the moving average of its weights, and the optimizer."""

    def __init__(self, device):
        self.network = new_network().to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        parameters = list(self.network.parameters())
        kernels, others = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim == 1]
        # No decay of biases and batch normalization. The rate is set at every step.
        decays = [{'params': kernels, 'weight_decay': WEIGHT_DECAY}, {'params': others, 'weight_decay': 0.0}]
        self.optimizer = torch.optim.SGD(decays, lr=0.0, momentum=MOMENTUM, nesterov=True)
        self.parts = {'network': self.network, 'average': self.average, 'optimizer': self.optimizer}

    def state(self):
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load(self, state):
        for name, part in self.parts.items():
            part.load_state_dict(state[name])

    def learn(self, faces, batch, random, step, rate):
        """One step on the training faces numbered `batch`; returns the loss, still on the device."""
        self.network.train()
        pixels, own = mix(augment(unit_pixels(faces.pictures[batch]), random), random)
        pixels = network_input(pixels).contiguous(memory_format=torch.channels_last)
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16, enabled=pixels.is_cuda):
            logits = self.network(pixels)
        loss = loss_of(logits, faces.groups[batch], faces.fairface[batch], own, faces.group_weights)
        for parameters in self.optimizer.param_groups:
            parameters['lr'] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        update_average(self.average.state_dict(), self.network.state_dict(), step)
        return loss.detach()


#: Options that decide the result: a resumed run must have the same.
DECISIVE = ('seed', 'epochs', 'batch_size', 'lr', 'limit_images')


def train(args):
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise UserError('PyTorch finds no CUDA GPU: use --device cpu, or a PyTorch built for CUDA')
    device = torch.device(args.device)
    deadline = time.monotonic() + 60 * args.limit_minutes
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True, warn_only=True)  # a warning names what has no deterministic algorithm
    torch.backends.cudnn.allow_tf32 = False  # validation computes in float32, as facecls does
    settings = {name: getattr(args, name) for name in DECISIVE}
    history, best, saved = [], None, read_checkpoint(args, settings)
    faces, learner = Faces(args, device), Learner(device)
    if saved is not None:
        learner.load(saved)
        history, best = saved['history'], saved['best']

    per_epoch = len(faces.groups) // args.batch_size
    steps = 0  # of this run
    stop = False
    while len(history) < args.epochs and not stop:
        started, losses = time.monotonic(), []
        random = Random(args.seed, len(history), device)
        order = random.order(len(faces.groups))[: per_epoch * args.batch_size]
        for batch in order.split(args.batch_size):
            step = len(history) * per_epoch + len(losses)
            rate = learning_rate(args.lr, step, args.epochs * per_epoch)
            losses.append(learner.learn(faces, batch, random, step, rate))
            steps += 1
            if args.log_every and steps % args.log_every == 0:
                print(f'step {step + 1} loss {losses[-1].item():.3f} {time.monotonic() - started:.1f} s', flush=True)
            stop = steps == args.max_steps or time.monotonic() > deadline
            if stop:
                break
        loss = torch.stack(losses).mean().item()
        if not math.isfinite(loss):
            raise UserError('the loss is not finite any more: lower --lr')
        result = {'epoch': len(history) + 1, 'steps': len(losses), 'loss': loss}
        result['training_seconds'] = time.monotonic() - started
        result |= score(predict(learner.average, faces.val_pictures), faces.val_groups)
        result['seconds'] = time.monotonic() - started
        history.append(result)
        print(f'epoch {len(history)}/{args.epochs} {in_words(result)} {result["seconds"]:.1f} s', flush=True)
        if best is None or result['balanced_accuracy'] > best['result']['balanced_accuracy']:
            best = {'result': result, 'weights': four_way_weights(learner.average)}
            write_whole(args.out / 'weights.pth', lambda file: torch.save(best['weights'], file))
        is_due = len(history) % args.checkpoint_every == 0 or len(history) == args.epochs
        if is_due and len(losses) == per_epoch:  # an epoch that was cut short is done again
            state = {'settings': settings, 'history': history, 'best': best, **learner.state()}
            write_whole(args.out / 'checkpoint.pt', lambda file: torch.save(state, file))
    finish(args, settings, history, best, faces)


def read_checkpoint(args, settings):
    """The checkpoint to go on from (on the CPU), or None for a new run."""
    path = args.out / 'checkpoint.pt'
    if path.exists() and not args.resume:
        raise UserError(f'{path} exists: go on from it with --resume, or give another --out')
    if not args.resume:
        return None
    if not path.exists():
        raise UserError(f'{path} does not exist: leave out --resume')
    # The script's own file; restricted to weights, PyTorch 1.13 would not even read the numbers in it.
    saved = torch.load(path, map_location='cpu', weights_only=False)
    if saved['settings'] != settings:
        raise UserError(f'{path} was made with {saved["settings"]}: give the same options to go on')
    return saved


def finish(args, settings, history, best, faces):
    """Writes the best weights, and metrics.json with what is measured of them on the validation faces."""
    write_whole(args.out / 'weights.pth', lambda file: torch.save(best['weights'], file))
    network = new_network(len(GROUPS))
    network.load_state_dict(best['weights'])
    network.to(faces.pictures.device, memory_format=torch.channels_last)
    predicted = predict(network, faces.val_pictures)
    filled = score(predict(network, faces.val_pictures, without_black), faces.val_groups)
    is_cuda = args.device == 'cuda'
    metrics = {
        'settings': settings,
        'stopped_early': len(history) < args.epochs or history[-1]['steps'] < history[0]['steps'],
        'device': torch.cuda.get_device_name() if is_cuda else f'CPU, {args.threads} threads',
        'versions': {'torch': torch.__version__, 'torchvision': torchvision.__version__, 'pillow': Image.__version__},
        'minutes': sum(epoch['seconds'] for epoch in history) / 60,
        'training_faces': len(faces.groups),
        'validation_faces': dict(zip(GROUPS, torch.bincount(faces.val_groups[faces.val_groups >= 0]).tolist())),
        'best': best['result'],
        'best_with_black_filled': filled,
        'groups_without_counterpart': {
            name: shares(predicted[faces.val_fairface == i])
            for i, name in enumerate(FAIRFACE) if name not in GROUP_OF_FAIRFACE
        },
        'epochs': history,
    }
    write_whole(args.out / 'metrics.json', lambda file: file.write(json.dumps(metrics, indent=1).encode()))
    print(f'best: epoch {best["result"]["epoch"]} {in_words(best["result"])}')
    print(f'with the black outside photographs filled: {in_words(filled)}')


def shares(predicted):
    """Share of each group among the predicted ones."""
    counts = torch.bincount(predicted, minlength=len(GROUPS)).double()
    return dict(zip(GROUPS, (counts / counts.sum()).tolist()))


def in_words(result):
    loss = f'loss {result["loss"]:.4f} ' if 'loss' in result else ''
    recall = ' '.join(f'{group} {value:.3f}' for group, value in result['recall'].items())
    return f'{loss}balanced accuracy {result["balanced_accuracy"]:.4f} {recall}'


def options(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    add = parser.add_argument
    add('--data', type=pathlib.Path, default=pathlib.Path('../shared/train'), help='folder of labels.csv and zip files')
    add('--out', type=pathlib.Path, default=pathlib.Path('training'), help='folder for all that is written')
    add('--device', choices=('cpu', 'cuda'), default='cuda' if torch.cuda.is_available() else 'cpu')
    add('--seed', type=int, default=0)
    add('--epochs', type=int, default=200)
    add('--batch_size', type=int, default=256)
    add('--lr', type=float, default=0.1, help='highest learning rate')
    add('--threads', type=int, default=os.cpu_count(), help="CPU threads; Debian's PyTorch takes one if not told")
    add('--checkpoint_every', type=int, default=5, metavar='EPOCHS')
    add('--resume', action='store_true', help='go on from the checkpoint in --out')
    add('--limit_minutes', type=float, default=math.inf, help='stop then; the schedule stays that of --epochs')
    add('--max_steps', type=int, help='stop after so many steps of this run')
    add('--limit_images', type=int, help='use only the first so many faces, for a trial')
    add('--log_every', type=int, metavar='STEPS', help='print the loss of single steps')
    return parser.parse_args(argv)


def main():
    args = options()
    torch.set_num_threads(args.threads)
    try:
        train(args)
    except UserError as error:
        sys.exit(f'train.py: {error}')


if __name__ == '__main__':
    main()
