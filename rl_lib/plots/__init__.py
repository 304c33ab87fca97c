"""Pictures: one function a picture, drawn on `ax` or on a new figure, returning the axes.

gridworld    values, policies and action values on a map
behaviour    a description of recorded behaviour
objectworld  an Objectworld and its values
labyrinth    the maze of the mice and values of its nodes
highway      the highway from above, and a film of it
curves       learning curves over runs
style        the palette, and what pictures of maps share
widgets      pictures with a slider, with or without a kernel

Colours are from palettes that colour-blind readers can tell apart (Okabe & Ito; viridis), and
nothing is said by colour alone.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
