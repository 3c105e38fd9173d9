"""Checks of learning, of stopping and going on, of files and memory, and of what facecls makes of the weights."""

import contextlib
import csv
import io
import math
import os
import pathlib
import platform
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import replace

import torch

from check_networks import CROPS, crops
from checks import check, near, pattern_faces
from files import UserError, load, load_tensors, save, write_whole
from learner import Learner, learning_rate, parameter_groups, update_average
from limits import Limits
from losses import LabelLoss
from memory import keep_memory
from precision import PRECISIONS, autocast
from recipe import STUDENT, TEACHER, TEACHER_LOSS
from student import Student, checkpoint, read_start
from training import Stopped, Training, order

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def schedule():
    rates = [learning_rate(TEACHER, step, 5000) for step in range(5001)]
    check('rate rises to .03 in 500 steps', max(rates) == rates[499] == 0.03 and abs(rates[0] - 0.03 / 500) < 1e-9)
    check('and falls along a cosine to 0', abs(rates[2750] - 0.015) < 1e-9 and abs(rates[5000]) < 1e-9)
    average = {'w': torch.tensor([1.0, 2.0]), 'n': torch.tensor(3)}
    update_average(average, {'w': torch.tensor([3.0, 0.0]), 'n': torch.tensor(4)}, 0.99, updates=10**6)
    check('average: .99 old + .01 new', near(average['w'], [1.02, 1.98], 1e-6))
    check('counters are copied', average['n'].item() == 4)
    student = Student()
    groups = parameter_groups(student, 3)
    check('every weight is learned once', sum(len(g['params']) for g in groups) == len(list(student.parameters())))
    decays = all((g['weight_decay'] > 0) == all(p.ndim > 1 for p in g['params']) for g in groups)
    heads = {id(p) for g in groups if g['times'] == 3 for p in g['params']}
    check('matrices decay, vectors do not', decays)
    check('the heads learn three times as fast', heads == {id(p) for p in student.heads.parameters()})


def learner(precision, steps=8):
    """A student that learns eight patterns."""
    torch.manual_seed(0)
    stage = replace(STUDENT, epochs=steps // 2, batch=4, rate=0.02)
    return Learner(stage, Student(), LabelLoss(TEACHER_LOSS, torch.ones(4), True), steps, precision)


def learning():
    for precision in PRECISIONS:
        one, faces = learner(precision, 40), pattern_faces(4)
        view = faces.pictures.permute(0, 3, 1, 2).float() / 255
        started = time.monotonic()
        losses = [sum(one.learn(step, view, faces.labels, None).values()) for step in range(12)]
        seconds = time.monotonic() - started
        check(f'{precision}: the loss of four faces falls from {losses[0]:.2f} to {losses[-1]:.2f} in 12 steps',
              losses[-1] < losses[0] - 0.5)  # fmt: skip
        check(f'{precision}: weights stay float32', all(p.dtype == torch.float32 for p in one.network.parameters()))
        print(f'     {precision}: {seconds / 48 * 1000:.0f} ms an image at 80 and 112 pixels, batches of four')
    with autocast('bfloat16'):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    check('bfloat16 is what products are computed in', product.dtype == torch.bfloat16)


class StopAt(Limits):
    """Stops before the step with this number."""

    def __init__(self, steps):
        super().__init__(math.inf, math.inf)
        self.left = steps

    def is_over(self):
        self.left -= 1
        return self.left < 0


def trained(faces, settings, path, stops):
    """Trains six steps on eight of the faces, stopped after each number of steps in `stops` and begun anew. Returns
    the last training and the steps that each began at."""
    learned, begun = faces.part([i < 8 for i in range(len(faces))]), []
    for stop in [*stops, math.inf]:
        training = Training(learner('float32', 6), learned, faces, settings, path)
        begun.append(training.progress['step'])
        with contextlib.suppress(Stopped):
            training.run(StopAt(stop), 0)
    return training, begun


def going_on(folder):
    """A training that is stopped within epochs, which have two steps here."""
    faces, settings, results = pattern_faces(14), {'seed': 0}, []
    for name, stops in (('whole', []), ('stopped', [3, 2])):
        # The epochs of so small a training say nothing.
        with contextlib.redirect_stdout(io.StringIO()):
            training, begun = trained(faces, settings, folder / f'{name}.pt', stops)
        results.append(training)
    check('a limit stops a training, and it goes on from there', begun == [0, 3, 5])
    states = [[*t.learner.network.state_dict().values(), *t.learner.average.state_dict().values()] for t in results]
    check('a stopped and an unstopped training give the same bits', all(map(torch.equal, *states)))
    check('and report the same', results[0].progress['history'] == results[1].progress['history'])
    average = results[0].learner.average
    next_stage = Learner(STUDENT, average, LabelLoss(TEACHER_LOSS, torch.ones(4), True), 6, 'float32')
    before = average.body.conv1.weight.clone()
    next_stage.learn(0, faces.pictures[:4].permute(0, 3, 1, 2).float() / 255, faces.labels[:4], None)
    check('the average of one stage learns on in the next', not torch.equal(average.body.conv1.weight, before))
    orders = [order(0, STUDENT, epoch, 100) for epoch in range(2)]
    check('every face comes once an epoch', sorted(orders[0].tolist()) == list(range(100)))
    check('in another order each epoch', not torch.equal(*orders))


def limits():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    now = Limits(math.inf, math.inf).listen()
    check('without a limit it goes on', not now.is_over() and not now.must_save())
    os.kill(os.getpid(), signal.SIGTERM)
    check('a signal stops it', now.is_over())
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before):
        signal.signal(number, handler)
    check('no minutes left stop it', Limits(0, math.inf).is_over())
    check('no minutes to wait make it save', Limits(math.inf, 0).must_save())


def refused(action):
    try:
        action()
    except UserError:
        return True
    return False


class Harm:
    def __reduce__(self):
        return os.mkdir, (str(pathlib.Path(tempfile.gettempdir()) / f'harm-{os.getpid()}'),)


def files(folder):
    path = folder / 'state.pt'
    save(path, {'settings': {'seed': 1}, 'seconds': 0.1 + 0.2}, {'w': torch.ones(2)})
    facts, tensors = load(path, {'seed': 1})
    check('files keep facts and tensors', facts['seconds'] == 0.1 + 0.2 and torch.equal(tensors['w'], torch.ones(2)))
    check('a file of other settings is refused', refused(lambda: load(path, {'seed': 2})))
    write_whole(path, lambda file: torch.save(Harm(), file))
    harmless = refused(lambda: load_tensors(path))
    check('a file that would execute something is refused', harmless and not os.path.exists(Harm().__reduce__()[1][0]))


def memory():
    if platform.libc_ver()[0] != 'glibc':
        print('     no glibc: its allocator not checked')
        return
    check('the allocator can be told to keep memory', keep_memory())
    faults = []
    for _ in range(40):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(16 << 20)  # 64 MB
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    # An aligned block may not fit where another lay, so that the heap grows a few times before all is used again.
    fresh = sum(count > 1000 for count in faults[20:])
    check(f'memory that was used is used again ({20 - fresh} of 20 times 64 MB)', fresh <= 4)


def facecls(folder):
    """What facecls makes of a saved student, against PyTorch."""
    torch.manual_seed(0)
    student = Student().eval()
    student.heads['four'].weight.data *= 20  # so that the answers differ
    path = folder / 'weights.ckpt'
    torch.save(checkpoint(student, 3), path)
    state = read_start(path)
    check('--start reads the weights', all(torch.equal(state[name], x) for name, x in student.export().items()))
    command = PROJECT / 'bin/facecls.js'
    if not (PROJECT / 'dist/src').exists():
        print('     no dist: run `npm run build` to check that facecls reads the weights')
        return
    onnx, out = folder / 'weights.onnx', folder / 'out'
    for arguments in (
        ['convert', '--ckpt', path, '--out', onnx],
        ['infer', '--input_dir', CROPS, '--output_dir', out, '--ckpt', onnx, '--format', 'csv'],
    ):
        done = subprocess.run(['node', command, *arguments], capture_output=True, text=True)
        check(f'facecls {arguments[0]} takes the weights', done.returncode == 0 or print(done.stderr))
    with open(out / 'predictions.csv', newline='') as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row['path'])
    answers = torch.tensor([[float(row[g]) for g in ('African', 'Asian', 'Caucasian', 'Indian')] for row in rows])
    with torch.no_grad():
        wanted = student(crops([pathlib.Path(row['path']).name for row in rows]))[1]['four'].softmax(1)
    worst = (answers - wanted).abs().max().item()
    check(f'and gives the same probabilities for {len(rows)} faces (they differ by {worst:.1e} at most)',
          len(rows) == 20 and worst < 1e-4)  # fmt: skip
    spread = (wanted.amax(0) - wanted.amin(0)).max().item()
    check(f'which are not all alike ({spread:.3f})', spread > 0.01)
