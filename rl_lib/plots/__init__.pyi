from .curves import plot_learning_curves as plot_learning_curves
from .gridworld import (
    plot_policy as plot_policy,
)
from .gridworld import (
    plot_q as plot_q,
)
from .gridworld import (
    plot_values as plot_values,
)
from .gridworld import (
    plot_world as plot_world,
)
from .objectworld import plot_objectworld as plot_objectworld
from .style import (
    BLUE as BLUE,
)
from .style import (
    COLOURS as COLOURS,
)
from .style import (
    GREEN as GREEN,
)
from .style import (
    ORANGE as ORANGE,
)
from .style import (
    RED as RED,
)
from .widgets import explore as explore
