"""The training faces: labels.csv and the crops in the zip files beside it."""

import concurrent.futures
import csv
import hashlib
import io
import zipfile
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from files import UserError
from recipe import AGE_OF_DATE, AGES, GENDERS, GROUP_OF_SEVEN, HEADS, SEVEN, SIDE, UNKNOWN


@dataclass
class Faces:
    """N faces in memory: 38 kB each, 1.5 GB for FairFace's 38,743."""

    names: list  # N file names
    pictures: torch.Tensor  # uint8 RGB [N, 112, 112, 3]
    labels: torch.Tensor  # int64 [N, 4], columns as in HEADS, UNKNOWN where a face has none

    def __len__(self):
        return len(self.names)

    def part(self, chosen):
        """The faces where the boolean list `chosen` [N] is true."""
        indices = [i for i, is_chosen in enumerate(chosen) if is_chosen]
        return Faces([self.names[i] for i in indices], self.pictures[indices], self.labels[indices])

    def split(self, one_in):
        """(training, held out): one face in `one_in` is held out."""
        held_out = [is_held_out(name, one_in) for name in self.names]
        parts = self.part([not out for out in held_out]), self.part(held_out)
        for faces in parts:
            if len(faces) == 0 or min(faces.labels[:, 1].bincount(minlength=len(SEVEN))) == 0:
                raise UserError('--limit_images: leaves a group without faces to train on or to check. Raise it.')
        return parts


def is_held_out(name, one_in):
    """Whether a face is held out, by the first 32 bits of the SHA-256 of its name: alike on every machine and for
    every subset. The fortieth that the student has not seen lies within the tenth that the teacher has not seen."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % one_in == 0


def read_labels(folder):
    """Names (N) and labels [N, 4], from the columns file, race, gender and age of labels.csv."""
    path = folder / 'labels.csv'
    try:
        with open(path, newline='', encoding='utf-8') as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror}). Give the folder of the faces with --data.')
    labels = []
    for line, row in enumerate(rows, start=2):
        age = AGE_OF_DATE.get(row.get('age'), row.get('age'))
        if not row.get('file') or row.get('race') not in SEVEN or row.get('gender') not in GENDERS or age not in AGES:
            raise UserError(f'{path}, line {line}: no file, race, gender or age group of FairFace. Correct the line.')
        seven = row['race']
        four = GROUP_OF_SEVEN.get(seven, UNKNOWN)
        labels.append([four, SEVEN.index(seven), GENDERS.index(row['gender']), AGES.index(age)])
    names = [row['file'] for row in rows]
    if len(set(names)) < len(names):
        raise UserError(f'{path}: a file has two lines. Keep one of them.')
    return names, torch.tensor(labels).view(-1, len(HEADS))


def read_faces(folder, limit=None):
    """The faces of labels.csv, or the first `limit` of them, out of all zip files of the folder."""
    names, labels = read_labels(folder)
    names, labels = names[:limit], labels[:limit]
    holder = {}  # the zip file of each face
    for path in sorted(folder.glob('*.zip')):
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UserError(f'{path}: cannot be read ({error}). Copy it anew.')
        holder.update(dict.fromkeys(archive.namelist(), archive))
    pictures = torch.empty(len(names), SIDE, SIDE, 3, dtype=torch.uint8)

    def decode(i):
        if names[i] not in holder:
            raise UserError(f'{names[i]}: in labels.csv, but in no zip file of {folder}. Add it or drop its line.')
        pictures[i] = torch.from_numpy(decoded(holder[names[i]], names[i]))

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for _ in pool.map(decode, range(len(names))):
            pass
    return Faces(names, pictures, labels)


def decoded(archive, name):
    """One face, uint8 RGB [112, 112, 3]."""
    try:
        face = Image.open(io.BytesIO(archive.read(name))).convert('RGB')
    except Exception as error:  # Pillow's decoders raise many kinds
        raise UserError(f'{name} in {archive.filename}: cannot be decoded ({error}). Replace it.')
    if face.size != (SIDE, SIDE):
        raise UserError(f'{name} in {archive.filename}: is {face.width}x{face.height}. Cut it with `facecls align`.')
    return np.array(face)


def unit_pixels(pictures):
    """uint8 RGB [B, 112, 112, 3] -> float32 0..1 [B, 3, 112, 112], channels last in memory."""
    return pictures.permute(0, 3, 1, 2).float() / 255
