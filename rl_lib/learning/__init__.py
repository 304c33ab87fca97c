"""Learning from experience, without a model.

tabular    Q-learning and SARSA
schedules  step sizes and exploration that change with time
_episodes  their loops: one on a model, compiled, one on an environment
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
