#!/usr/bin/env python3
"""Checks each part of the recipe on a few images: python3 scripts/train/self_check.py

What it checks could be wrong without anybody noticing. A few minutes at most. With --preview FILE.png it also draws
augmented faces, to look at.
"""

import argparse
import os
import pathlib
import tempfile

import numpy as np
import torch
from PIL import Image

import check_inputs
import check_networks
import check_training
from augment import augment, mix
from faces import read_faces, unit_pixels
from recipe import MIXED_BETA, SIDE

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def preview(data, path):
    """Draws 64 training faces as the networks see them: 16 in each of four batches, the last one mixed."""
    pixels, rows = unit_pixels(read_faces(data, 64).pictures), []
    for number, batch in enumerate(pixels.split(16)):
        random = np.random.default_rng(number)
        view = augment(batch, random)
        rows.append(mix(view, random, MIXED_BETA) if number == 3 else view)
    sheet = (torch.cat(rows) * 255).round().byte().view(8, 8, 3, SIDE, SIDE).permute(0, 3, 1, 4, 2)
    Image.fromarray(sheet.reshape(8 * SIDE, -1, 3).numpy()).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    add, folder = parser.add_argument, pathlib.Path
    add('--data', type=folder, default=PROJECT.parent / 'shared/train')
    add('--face_api', type=folder, default=PROJECT / 'node_modules/@vladmandic/face-api')
    add('--threads', type=int, default=os.cpu_count())
    add('--preview', type=folder, metavar='FILE.png', help='draw augmented faces too')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    check_training.memory()
    for of_inputs in ('pixels', 'chip', 'views', 'borders', 'shares', 'mixing', 'sizes'):
        getattr(check_inputs, of_inputs)()
    frozen = check_networks.teacher(args.face_api)
    check_networks.label_loss()
    check_networks.soft_loss()
    check_networks.teaching(frozen)
    check_networks.start_loss()
    check_networks.export()
    check_training.schedule()
    check_training.learning()
    check_training.limits()
    with tempfile.TemporaryDirectory() as out:
        check_training.files(folder(out))
        check_training.going_on(folder(out))
        check_training.facecls(folder(out))
    if not (args.data / 'labels.csv').exists():
        print(f'     no {args.data}/labels.csv: labels and split not checked')
        return
    check_inputs.labels(args.data)
    if args.preview:
        preview(args.data, args.preview)


if __name__ == '__main__':
    main()
