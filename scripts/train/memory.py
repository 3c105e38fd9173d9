"""An allocator that keeps its memory.

PyTorch on the CPU asks malloc for every tensor. glibc maps a large one anew and gives it back when it is freed, so each
step pays for fresh, zeroed pages. Settings from mallopt(3); they hold for this process only.
"""

import ctypes

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # parameters, from glibc's malloc.h


def keep_memory():
    """Tells glibc to map nothing apart and to give nothing back. Returns whether it agreed; elsewhere, False."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(MMAP_MAX, 0)) and bool(mallopt(TRIM_THRESHOLD, 2**31 - 1))
