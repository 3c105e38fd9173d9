#!/usr/bin/env python3
"""Trains the bundled classifier: a ResNet-18 for four groups, taught by a face recognition network.

Three stages follow each other: `teacher` fine-tunes the face recognition network, `start` trains ResNet-18 on true
labels, `student` teaches it. The same command goes on where an earlier run stopped. README.md has the recipe.
"""

import argparse
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import sys

import torch
import torchvision

from face_api import read_weights
from faces import read_faces, unit_pixels
from files import UserError, load, save, write_whole
from learner import Learner
from limits import Limits
from losses import LabelLoss, TaughtLoss, group_weights
from measure import in_words, predict, score
from memory import keep_memory
from precision import PRECISIONS
from recipe import GROUPS, SEVEN, START, START_LOSS, STUDENT, TEACHER, TEACHER_LOSS
from student import Student, checkpoint, read_start
from teacher import Teacher
from training import Stopped, Training

PROJECT = pathlib.Path(__file__).resolve().parents[2]
MEASURED_FACES = 256  # for the statistics of the teacher's batch normalisation


def sha256(path):
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror}). Give another with --start.')


class Run:
    """The folder of one run and all it needs. Each stage leaves STAGE.pt there: the averaged weights and what was
    measured of them. `state.pt` is the state of the stage that is under way."""

    def __init__(self, args):
        self.args, self.limits = args, Limits(args.limit_minutes, args.save_minutes).listen()
        self.settings = {name: getattr(args, name) for name in ('seed', 'epochs', 'precision', 'limit_images')}
        self.settings['start'] = sha256(args.start) if args.start else None
        args.out.mkdir(parents=True, exist_ok=True)
        self.faces = read_faces(args.data, args.limit_images)
        print(f'{len(self.faces)} faces', flush=True)

    def train(self, stage, epochs, network, make_loss):
        """Takes one stage to its end and returns the averaged network; takes it from STAGE.pt if it has been there."""
        stage, path = dataclasses.replace(stage, epochs=epochs), self.args.out / f'{stage.name}.pt'
        saved = load(path, self.settings)
        if saved is not None:
            network.load_state_dict(saved[1])
            print(f'{stage.name}: taken from {path}', flush=True)
            return network
        faces, checked = self.faces.split(stage.held_out)
        if len(faces) < stage.batch:
            raise UserError(f'--limit_images: leaves less than a batch of {stage.batch}. Raise it.')
        steps = epochs * (len(faces) // stage.batch)
        print(f'{stage.name}: {len(faces)} faces, {len(checked)} held out, {steps} steps', flush=True)
        loss = make_loss(group_weights(faces.labels))
        learner = Learner(stage, network, loss, steps, self.settings['precision'])
        training = Training(learner, faces, checked, self.settings, self.args.out / 'state.pt')
        try:
            training.run(self.limits, self.args.log_every)
        except Stopped:
            if stage.name == 'student':
                self.write_weights(learner.average, len(training.progress['history']))
            raise
        facts = {'settings': self.settings, **training.progress}
        save(path, facts, learner.average.state_dict())
        (self.args.out / 'state.pt').unlink(missing_ok=True)
        return learner.average

    def teacher(self):
        network = Teacher().take(read_weights(self.args.face_api / 'model'))
        training_faces, _ = self.faces.split(TEACHER.held_out)
        network.measure(unit_pixels(training_faces.pictures[:MEASURED_FACES]))
        epochs = self.args.epochs[0]
        return self.train(TEACHER, epochs, network, lambda weights: LabelLoss(TEACHER_LOSS, weights, grows=False))

    def start(self):
        network = Student()
        if self.args.start:
            network.take(read_start(self.args.start))
            print(f'start: taken from {self.args.start}', flush=True)
            return network
        epochs = self.args.epochs[1]
        return self.train(START, epochs, network, lambda weights: LabelLoss(START_LOSS, weights, grows=True))

    def student(self, teacher, network):
        return self.train(STUDENT, self.args.epochs[2], network, lambda weights: TaughtLoss(teacher, weights))

    def write_weights(self, network, epoch):
        content = checkpoint(network, epoch)
        write_whole(self.args.out / 'weights.ckpt', lambda file: torch.save(content, file))

    def finish(self, network):
        """Writes weights.ckpt and metrics.json, with what float32 says of the held-out faces."""
        self.write_weights(network, self.args.epochs[2])
        _, checked = self.faces.split(STUDENT.held_out)
        predicted = predict(network, checked.pictures).argmax(1)
        scores = score(predicted, checked.labels[:, 0])
        stages = {}
        for name in ('teacher', 'start', 'student'):
            saved = load(self.args.out / f'{name}.pt', self.settings)
            if saved is not None:
                stages[name] = {'minutes': saved[0]['seconds'] / 60, 'epochs': saved[0]['history']}
        shares = {}
        for name in ('Middle Eastern', 'Latino_Hispanic'):
            called = predicted[checked.labels[:, 1] == SEVEN.index(name)].bincount(minlength=len(GROUPS)).double()
            shares[name] = (called / called.sum()).tolist()
        metrics = {
            'settings': self.settings,
            'versions': {'torch': torch.__version__, 'torchvision': torchvision.__version__},
            'threads': torch.get_num_threads(),
            'groups': GROUPS,
            'held_out': scores,
            'groups_without_counterpart': shares,
            'stages': stages,
        }
        content = json.dumps(metrics, indent=1).encode()
        write_whole(self.args.out / 'metrics.json', lambda file: file.write(content))
        print(f'{self.args.out / "weights.ckpt"}: {in_words(scores)} on {scores["faces"]} held-out faces', flush=True)


def options(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    add, folder = parser.add_argument, pathlib.Path
    add('--data', type=folder, default=PROJECT.parent / 'shared/train', help='folder of labels.csv and zip files')
    add('--out', type=folder, default=folder('training'), help='folder for all that is written')
    add('--face_api', type=folder, default=PROJECT / 'node_modules/@vladmandic/face-api', help="the package's folder")
    add('--start', type=folder, metavar='CKPT', help='ResNet-18 to teach, instead of the stage `start`')
    add('--seed', type=int, default=0)
    add('--precision', choices=PRECISIONS, default='bfloat16', help='float32 where the CPU is slow in bfloat16')
    add('--threads', type=int, default=os.cpu_count(), help="CPU threads; Debian's PyTorch takes one if not told")
    add('--limit_minutes', type=float, default=math.inf, help='save and stop then; the same command goes on')
    add('--save_minutes', type=float, default=5, help='save the state so often')
    add('--log_every', type=int, default=100, metavar='STEPS')
    epochs = [stage.epochs for stage in (TEACHER, START, STUDENT)]
    add('--epochs', type=int, nargs=3, default=epochs, metavar=('TEACHER', 'START', 'STUDENT'))
    add('--limit_images', type=int, help='use only the first so many faces, for a trial')
    return parser.parse_args(argv)


def main():
    args = options()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    if not keep_memory():
        print('no glibc: its allocator cannot be told to keep memory, which may cost time', flush=True)
    try:
        run = Run(args)
        teacher = run.teacher().freeze()
        run.finish(run.student(teacher, run.start()))
    except Stopped:
        sys.exit(f'stopped; the state is in {args.out}. The same command goes on.')
    except UserError as error:
        sys.exit(f'train.py: {error}')


if __name__ == '__main__':
    main()
