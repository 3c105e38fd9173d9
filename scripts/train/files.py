"""Files that are whole or missing, and errors for whoever runs the script."""

import json
import os

import torch


class UserError(Exception):
    """What whoever runs the script can put right."""


def write_whole(path, write):
    """Writes a file under another name and renames it, so that one that exists is whole."""
    partial = path.with_name(path.name + '.partial')
    with open(partial, 'wb') as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def save(path, facts, tensors):
    """Saves `facts` (what JSON can say) and `tensors` (nested dictionaries). Facts travel as JSON text, because a file
    that holds only tensors, integers and text can be read without executing anything in it, by PyTorch 1.13 too."""
    write_whole(path, lambda file: torch.save({'facts': json.dumps(facts), 'tensors': tensors}, file))


def load(path, settings):
    """(facts, tensors) that `save` saved under these settings, or None where there is no file."""
    if not path.exists():
        return None
    content = load_tensors(path)
    facts = json.loads(content['facts'])
    if facts['settings'] != settings:
        raise UserError(f'{path}: made with {facts["settings"]}. Give the same options, or another --out.')
    return facts, content['tensors']


def load_tensors(path):
    """A PyTorch file, read without executing anything in it."""
    try:
        return torch.load(path, map_location='cpu', weights_only=True)
    except Exception:  # torch.load raises many kinds, and advises to read files in the way that executes what they hold
        raise UserError(f'{path}: missing, damaged, or holds more than tensors. Remove it or give another.')
