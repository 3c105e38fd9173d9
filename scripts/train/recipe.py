"""The figures of the recipe: the groups, the stages and the weights of the losses.

Source: the record of the training that made the bundled weights, retold in README.md. What that record does not state
is marked "chosen here".
"""

from dataclasses import dataclass

SIDE = 112  # pixels, of the square crops that `facecls align` cuts

GROUPS = ('African', 'Asian', 'Caucasian', 'Indian')  # the order of the network's outputs
SEVEN = ('Black', 'East Asian', 'Southeast Asian', 'White', 'Indian', 'Middle Eastern', 'Latino_Hispanic')
GROUP_OF_SEVEN = {'Black': 0, 'East Asian': 1, 'Southeast Asian': 1, 'White': 2, 'Indian': 3}
GENDERS = ('Male', 'Female')
AGES = ('0-2', '3-9', '10-19', '20-29', '30-39', '40-49', '50-59', '60-69', 'more than 70')
AGE_OF_DATE = {'03-Sep': '3-9', 'Oct-19': '10-19'}  # a spreadsheet took two of FairFace's age groups for dates

#: Columns of the labels and heads of both networks. Teacher and student differ in the weights of the losses only.
HEADS = {'four': len(GROUPS), 'seven': len(SEVEN), 'gender': len(GENDERS), 'age': len(AGES)}
UNKNOWN = -1  # the `four` of Middle Eastern and Latino_Hispanic faces

TEACHER_LOSS = {'four': 1.0, 'seven': 0.5, 'gender': 0.15, 'age': 0.15}
START_LOSS = TEACHER_LOSS  # chosen here
STUDENT_LOSS = {'four': 0.4, 'seven': 0.2, 'gender': 0.1, 'age': 0.1}
SOFT_LOSS = {'four': 1.0, 'seven': 0.5}  # Kullback-Leibler divergence to the teacher
FEATURE_LOSS = 1.0  # 1 - cosine to the teacher's features
SOFT_TEMPERATURE = 2.0
MIXED_BATCHES, MIXED_BETA = 0.3, 0.8
LABEL_SMOOTHING = 0.05  # of `four` and `seven`

MOMENTUM, WEIGHT_DECAY, LARGEST_GRADIENT = 0.9, 5e-4, 5.0
AVERAGE_EVERY = 4  # steps
SMALL_SIDE, SMALL_SHARE = 80, 0.3  # pixels of the student's input, and the share of its steps that has them


@dataclass(frozen=True)
class Stage:
    """One of the three trainings, each with a cosine that ends at zero."""

    name: str
    number: int  # seeds the random numbers
    epochs: int
    batch: int  # images
    rate: float  # highest learning rate
    head_rate: float  # of the heads, in multiples of `rate`
    warm_up: int  # steps; a fifth of the steps at most
    average: float  # of the averaged weights, what stays at each update
    held_out: int  # one face in so many is kept out


TEACHER = Stage('teacher', 1, epochs=8, batch=64, rate=0.03, head_rate=3, warm_up=500, average=0.99, held_out=10)
# Of the training from scratch only the 38 epochs are recorded; all else is the student's.
START = Stage('start', 2, epochs=38, batch=128, rate=0.08, head_rate=1, warm_up=500, average=0.992, held_out=40)
# The warm-up is chosen here.
STUDENT = Stage('student', 3, epochs=17, batch=128, rate=0.08, head_rate=1, warm_up=500, average=0.992, held_out=40)
