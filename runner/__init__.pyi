from runner.notebook import Run as Run
from runner.notebook import Sweep as Sweep
from runner.notebook import compare as compare
from runner.notebook import load_run as load_run
from runner.notebook import load_sweep as load_sweep
from runner.notebook import run as run
from runner.notebook import sweep as sweep
from runner.saved_model import SavedModel as SavedModel
from runner.saved_model import load_model as load_model

__version__: str
