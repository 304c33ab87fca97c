"""Planning: what is best, where the model is known.

solvers      value iteration, the values of a policy, soft value iteration; each with a guarantee
occupancy    how often a policy does what
_sweeps      sweeps over all states, compiled
_evaluation  the values of one policy, as a linear system
_soft        the soft Bellman equation
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
