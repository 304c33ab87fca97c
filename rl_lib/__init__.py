"""Markov decision processes, reinforcement learning and its inverse: the library of the course.

mdp        the model, and the three conventions that carry the library
policies   from action values to a policy
worlds     grids, tasks, and any model as a Gymnasium environment
planning   the optimal policy of a known model; how often a policy does what
learning   Q-learning and SARSA, from experience
behaviour  recorded and simulated behaviour, and the model that it shows
inverse    from behaviour to reward, and how to judge one
deep       networks in the place of tables
neurl      from behaviour to reward to neural activity, in a simulated laboratory
plots      one function a picture, and pictures with a slider
__main__   `python -m rl_lib describe trials.csv`

Every public name can be imported from here (`__init__.pyi` lists them); what it needs is loaded
when it is first used, and so `import rl_lib` itself costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
