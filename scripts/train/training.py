"""The loop of one stage. Every random number follows from seed, stage and step, so that a run that was stopped anywhere
goes on as if it had not been."""

import math
import time

import numpy as np
import torch

from augment import augment
from faces import unit_pixels
from files import UserError, load, save
from measure import in_words, predict, score


class Stopped(Exception):
    """The limit of time, or a signal, ended the run; its state is saved."""


def order(seed, stage, epoch, n):
    """The order of n faces in an epoch."""
    return torch.from_numpy(np.random.default_rng([seed, stage.number, 0, epoch]).permutation(n))


def numbers(seed, stage, step):
    """The random numbers of a step."""
    return np.random.default_rng([seed, stage.number, 1, step])


class Training:
    """Trains `learner` on `faces` and measures its average on `checked`. `progress` is what a saved state holds besides
    the learner's: next step, seconds, losses of the current epoch, results of earlier ones."""

    def __init__(self, learner, faces, checked, settings, state_path):
        self.learner, self.faces, self.checked = learner, faces, checked
        self.settings, self.path, self.stage = settings, state_path, learner.stage
        self.per_epoch = len(faces) // self.stage.batch
        self.progress = {'step': 0, 'seconds': 0.0, 'losses': {}, 'history': []}
        saved = load(state_path, settings)
        if saved is not None and saved[0]['stage'] == self.stage.name:
            self.progress = saved[0]['progress']
            learner.load(saved[1])
            print(f'{self.stage.name}: goes on from step {self.progress["step"]} of {learner.steps}', flush=True)

    def save(self):
        facts = {'settings': self.settings, 'stage': self.stage.name, 'progress': self.progress}
        save(self.path, facts, self.learner.state())

    def run(self, limits, log_every=100):
        """Trains to the end of the stage. Raises Stopped when `limits` say so."""
        progress = self.progress
        while progress['step'] < self.learner.steps:
            if limits.is_over():
                self.save()
                raise Stopped
            if limits.must_save():
                self.save()
            started = time.monotonic()
            self.step(progress['step'])
            progress['step'] += 1
            if log_every and progress['step'] % log_every == 0:
                self.log(time.monotonic() - started)
            if progress['step'] % self.per_epoch == 0:
                self.end_epoch()
            progress['seconds'] += time.monotonic() - started

    def step(self, step):
        """One step; adds its losses to those of the epoch, {name: [sum, steps]}."""
        epoch, place = divmod(step, self.per_epoch)
        batch = order(self.settings['seed'], self.stage, epoch, len(self.faces))
        batch = batch[place * self.stage.batch :][: self.stage.batch]
        random = numbers(self.settings['seed'], self.stage, step)
        view = augment(unit_pixels(self.faces.pictures[batch]), random)
        for name, loss in self.learner.learn(step, view, self.faces.labels[batch], random).items():
            if not math.isfinite(loss):
                raise UserError(f'{self.stage.name}, step {step}: the loss {name} is not finite. Lower the rate.')
            total, count = self.progress['losses'].get(name, (0.0, 0))
            self.progress['losses'][name] = (total + loss, count + 1)

    def means(self):
        """Mean of each loss so far in the epoch, over the steps that had it."""
        return {name: total / count for name, (total, count) in self.progress['losses'].items()}

    def log(self, seconds):
        losses = ' '.join(f'{name} {value:.3f}' for name, value in self.means().items())
        place = f'{self.stage.name}: step {self.progress["step"]} of {self.learner.steps}'
        print(f'{place}, {seconds / self.stage.batch * 1000:.1f} ms an image, losses {losses}', flush=True)

    def end_epoch(self):
        predicted = predict(self.learner.average, self.checked.pictures, self.learner.precision).argmax(1)
        scores = score(predicted, self.checked.labels[:, 0])
        self.progress['history'].append({'losses': self.means(), **scores})
        self.progress['losses'] = {}
        epoch = f'{self.stage.name}: epoch {len(self.progress["history"])} of {self.stage.epochs}'
        print(f'{epoch}, {in_words(scores)}', flush=True)
