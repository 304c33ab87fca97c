from .schedules import by_visits as by_visits, linear as linear
from .tabular import (
    Learned as Learned,
    q_learning as q_learning,
    sarsa as sarsa,
)
