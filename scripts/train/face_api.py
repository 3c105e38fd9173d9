"""The weights of @vladmandic/face-api's face recognition network, read from the files that npm installs.

Format: TensorFlow.js's weights manifest. The file holds the tensors one after another in the manifest's order; one with
`quantization` takes a byte a value, value = byte * scale + min, any other is little-endian float32.
"""

import json
import math

import numpy as np
import torch

from files import UserError

MANIFEST = 'face_recognition_model-weights_manifest.json'


def read_weights(folder):
    """{name: float32 tensor} from the package's folder `model`. Filters are [height, width, input, output]."""
    try:
        (group,) = json.loads((folder / MANIFEST).read_text())
        content = b''.join((folder / path).read_bytes() for path in group['paths'])
    except OSError as error:
        raise UserError(f'{error.filename}: cannot be read ({error.strerror}). Run npm install, or give --face_api.')
    weights, offset = {}, 0
    for entry in group['weights']:
        values, offset = dequantised(content, offset, entry)
        weights[entry['name']] = torch.from_numpy(values)
    if offset != len(content):
        raise UserError(f'{folder}: {len(content) - offset} bytes more than its manifest names. Run npm install.')
    return weights


def dequantised(content, offset, entry):
    """One tensor of the manifest and the offset behind it."""
    count, rule = math.prod(entry['shape']), entry.get('quantization')
    if rule is None:
        values, size = np.frombuffer(content, '<f4', count, offset).copy(), 4
    elif rule['dtype'] == 'uint8':
        bytes_ = np.frombuffer(content, np.uint8, count, offset)
        values, size = bytes_.astype(np.float32) * np.float32(rule['scale']) + np.float32(rule['min']), 1
    else:
        raise UserError(f'{MANIFEST}: {entry["name"]} is {rule["dtype"]}, which is unknown. Use version 1.7.15.')
    return values.reshape(entry['shape']), offset + count * size
