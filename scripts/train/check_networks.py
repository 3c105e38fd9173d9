"""Checks of teacher, student and losses. Truth: face-api's own outputs, PyTorch's losses, torchvision's ResNet-18."""

import copy
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from PIL import Image

import teacher as teachers
from checks import check, near, numbers, pattern_faces, patterns
from face_api import read_weights
from losses import LabelLoss, TaughtLoss, group_weights, label_losses, soft_losses
from measure import score
from precision import autocast
from recipe import HEADS, LABEL_SMOOTHING, STUDENT_LOSS, TEACHER_LOSS
from student import Student

HERE = pathlib.Path(__file__).resolve().parent
CROPS = HERE.parents[1] / 'test/fixtures/align/crops/upstream'


def crops(names):
    """Crops of the project's tests, 0..1 [B, 3, 112, 112]."""
    pictures = np.stack([np.array(Image.open(CROPS / name).convert('RGB')) for name in names])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


@torch.no_grad()
def teacher(folder):
    """The teacher against face-api; returns it, frozen."""
    weights = read_weights(folder / 'model')
    check('5,614,592 weights', sum(tensor.numel() for tensor in weights.values()) == 5614592)
    wanted = json.loads((HERE / 'face_api_descriptors.json').read_text())['descriptors']
    faces = crops(sorted(path.name for path in CROPS.glob('*.png')))
    # As face_api_descriptors.cjs makes 150 pixels of 112; face-api divides by 255, not by dlib's 256.
    chips = teachers.network_input(F.pad(crops(wanted), [19] * 4, mode='replicate'), levels=255)
    network = teachers.Teacher().take(weights).eval()
    before = network.features(chips)
    worst = (before @ weights['fc'] - torch.tensor(list(wanted.values()))).abs().max().item()
    check(f"its descriptors are face-api's (they differ by {worst:.1e} at most)", worst < 1e-5)
    network.measure(faces)
    check('measuring statistics leaves its features', near(network.features(chips), before, 2e-5))
    # In training, batch normalisation takes the statistics of the batch: on the faces measured, the same ones.
    own = network(faces)[0]
    momentary = copy.deepcopy(network).train()(faces)[0]
    worst = ((momentary - own).abs().max() / own.abs().max()).item()
    check(f'the statistics are those of the faces (features differ by {worst:.1e} of the largest)', worst < 1e-3)
    frozen = copy.deepcopy(network).freeze()
    check('freezing leaves its features', near(frozen(faces)[0], own, 2e-5))
    check('a frozen teacher has no gradients', not any(p.requires_grad for p in frozen.parameters()))
    return frozen


def label_loss():
    torch.manual_seed(0)
    logits = {name: torch.randn(8, classes) for name, classes in HEADS.items()}
    labels = pattern_faces(8).labels
    four_weights = torch.tensor([1.0, 2.0, 3.0, 4.0])
    losses = label_losses(logits, labels, TEACHER_LOSS, four_weights)
    known = labels[:, 0] >= 0
    # By hand: smoothed targets, weighted by group, divided by the weights of the true groups.
    targets = F.one_hot(labels[known, 0], 4) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / 4
    terms = -(targets * four_weights * logits['four'][known].log_softmax(1)).sum(1)
    check('loss of the four groups', near(losses['four'], terms.sum() / four_weights[labels[known, 0]].sum()))
    age = -0.15 * logits['age'].log_softmax(1)[torch.arange(8), labels[:, 3]].mean()
    check('loss of the ages', near(losses['age'], age))
    without = label_losses({name: x[5:7] for name, x in logits.items()}, labels[5:7], TEACHER_LOSS, four_weights)
    check('faces without a group take no part in the loss of four', 'four' not in without and 'seven' in without)
    weights = group_weights(torch.tensor([[0, 0], [0, 0], [1, 0], [2, 0], [3, 0], [-1, 0]]))
    check('groups weigh inversely to their frequency', near(weights, [0.625, 1.25, 1.25, 1.25]))


def soft_loss():
    torch.manual_seed(0)
    own, wanted = ({'four': torch.randn(6, 4), 'seven': torch.randn(6, 7)} for _ in range(2))
    features, others = torch.randn(6, 256), torch.randn(6, 256)
    same = soft_losses(wanted, 3 * others, wanted, others)
    check('a student that says what the teacher says has no soft loss', all(abs(x) < 1e-5 for x in same.values()))
    losses = soft_losses(own, features, wanted, others)
    p, q = (x['seven'].div(2).softmax(1) for x in (wanted, own))
    check('soft loss of seven groups', near(losses['soft_seven'], 0.5 * 4 * (p * (p / q).log()).sum(1).mean()))
    cosine = (features * others).sum(1) / features.norm(dim=1) / others.norm(dim=1)
    check('loss of the features', near(losses['features'], 1 - cosine.mean()))


def teaching(frozen):
    """What the student learns from: the view that the teacher sees."""
    faces, student = pattern_faces(8), Student()
    loss, view, seen = TaughtLoss(frozen, torch.ones(4)), patterns(8), []
    hook = frozen.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    student.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    mixed = []
    for seed in range(12):
        with torch.no_grad():
            losses = loss(student, view, faces.labels, numbers(seed), progress=1)
        check_same = seen[-1] is seen[-2]
        is_mixed = not torch.equal(seen[-1], view)
        mixed.append(is_mixed)
        soft = {'soft_four', 'soft_seven', 'features'}
        if not check_same or set(losses) != (soft if is_mixed else soft | set(STUDENT_LOSS)):
            check('student and teacher see one view, and the true labels of mixed images do not count', False)
    hook.remove()
    check('student and teacher see one view, and the true labels of mixed images do not count', 0 < sum(mixed) < 12)
    expected = sum(np.random.default_rng(seed).random() < 0.3 for seed in range(1000)) / 1000
    check(f'three batches of ten are mixed ({expected:.0%})', abs(expected - 0.3) < 0.05)
    student.eval()
    with torch.no_grad():
        exact = loss(student, view, faces.labels, numbers(1), progress=1)
        with autocast('bfloat16'):
            coarse = loss(student, view, faces.labels, numbers(1), progress=1)
    worst = max(abs(exact[name] - coarse[name]).item() for name in exact)
    check(f'in bfloat16 the losses are nearly the same (they differ by {worst:.1e} at most)', worst < 0.05)
    sum(loss(student.train(), view, faces.labels, numbers(1), progress=0).values()).backward()
    still = [name for name, p in student.named_parameters() if p.grad is None and not name.startswith('heads.')]
    check('all of the student learns', not still)


def start_loss():
    seen, network = [], Student()
    network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[2]))
    labels = pattern_faces(2).labels
    with torch.no_grad():
        for grows in (True, False):
            LabelLoss(TEACHER_LOSS, torch.ones(4), grows)(network, patterns(2), labels, numbers(), 0.1)
    check('sizes grow for the student and not for the teacher', seen == [80, 112])


def export():
    student = Student().eval().to(memory_format=torch.channels_last)
    student.body.bn1.running_mean.normal_()
    plain = torchvision.models.resnet18(num_classes=4).eval()
    state = student.export()
    plain.load_state_dict(state)  # raises if a tensor is left over, missing or of another shape
    pictures = patterns(2)
    with torch.no_grad():
        check('torchvision answers as the student', near(plain(pictures * 2 - 1), student(pictures)[1]['four'], 1e-4))
    check('the saved tensors are contiguous', all(tensor.is_contiguous() for tensor in state.values()))
    other = Student()
    other.take(state)
    check('a student takes them back', all(torch.equal(a, b) for a, b in zip(other.export().values(), state.values())))
    scores = score(torch.tensor([0, 1, 2, 3, 0, 1, 1]), torch.tensor([0, 1, 2, 3, 1, -1, -1]))
    check('balanced accuracy is the mean recall', abs(scores['balanced_accuracy'] - 3.5 / 4) < 1e-6)
