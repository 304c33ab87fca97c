from .behaviour import description as description
from .curves import plot_learning_curves as plot_learning_curves
from .gridworld import (
    plot_policy as plot_policy,
    plot_q as plot_q,
    plot_values as plot_values,
    plot_world as plot_world,
)
from .highway import (
    highway_film as highway_film,
    plot_highway as plot_highway,
)
from .labyrinth import plot_labyrinth as plot_labyrinth
from .objectworld import plot_objectworld as plot_objectworld
from .style import (
    BLUE as BLUE,
    COLOURS as COLOURS,
    GREEN as GREEN,
    ORANGE as ORANGE,
    RED as RED,
    number as number,
)
from .widgets import explore as explore
