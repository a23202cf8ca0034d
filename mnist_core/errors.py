"""The errors that a learner may see. Each message is one sentence: the value, what is allowed, the way out.

Pages and the command line catch `LabError` and show its text; anything else is a fault of ours.
"""


class LabError(Exception):
    """Something the learner can put right; its text says how."""


class ConfigError(LabError, ValueError):
    """A training setting outside what is allowed."""


class DataError(LabError):
    """A data set that cannot be found, read or trusted."""


class ImageError(LabError, ValueError):
    """A drawing or picture from which no digit can be made."""


class ModelFileError(LabError, ValueError):
    """A file that is not a model of ours."""


class RunError(LabError):
    """A run that does not exist, is not the learner's, or cannot do what was asked."""


class StoreError(RunError):
    """The runs cannot be read or written for now: a full disk, a database that is away."""
