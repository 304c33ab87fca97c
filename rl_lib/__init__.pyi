from .behaviour.agents import (
    Agent as Agent,
)
from .behaviour.agents import (
    boltzmann_expert as boltzmann_expert,
)
from .behaviour.agents import (
    lapsing as lapsing,
)
from .behaviour.agents import (
    rat as rat,
)
from .behaviour.agents import (
    soft_expert as soft_expert,
)
from .behaviour.demonstrations import (
    Demonstrations as Demonstrations,
)
from .behaviour.empirical import (
    empirical_mdp as empirical_mdp,
)
from .inverse.iavi import (
    Recovered as Recovered,
)
from .inverse.iavi import (
    anchored_reward as anchored_reward,
)
from .inverse.iavi import (
    iavi as iavi,
)
from .inverse.iavi import (
    state_reward as state_reward,
)
from .inverse.iql import (
    IQL as IQL,
)
from .inverse.iql import (
    ciql as ciql,
)
from .inverse.iql import (
    iql as iql,
)
from .inverse.maxent import (
    MaxEnt as MaxEnt,
)
from .inverse.maxent import (
    maxent_irl as maxent_irl,
)
from .inverse.metrics import (
    epic_distance as epic_distance,
)
from .inverse.metrics import (
    expected_value_difference as expected_value_difference,
)
from .inverse.metrics import (
    log_likelihood as log_likelihood,
)
from .inverse.metrics import (
    reward_correlation as reward_correlation,
)
from .inverse.metrics import (
    sum_zero_reward as sum_zero_reward,
)
from .learning.schedules import (
    by_visits as by_visits,
)
from .learning.schedules import (
    linear as linear,
)
from .learning.tabular import (
    Learned as Learned,
)
from .learning.tabular import (
    q_learning as q_learning,
)
from .learning.tabular import (
    sarsa as sarsa,
)
from .mdp import (
    MDP as MDP,
)
from .planning.occupancy import (
    occupancy as occupancy,
)
from .planning.solvers import (
    Solution as Solution,
)
from .planning.solvers import (
    evaluate_policy as evaluate_policy,
)
from .planning.solvers import (
    soft_value_iteration as soft_value_iteration,
)
from .planning.solvers import (
    value_iteration as value_iteration,
)
from .plots.curves import (
    plot_learning_curves as plot_learning_curves,
)
from .plots.gridworld import (
    plot_policy as plot_policy,
)
from .plots.gridworld import (
    plot_q as plot_q,
)
from .plots.gridworld import (
    plot_values as plot_values,
)
from .plots.gridworld import (
    plot_world as plot_world,
)
from .plots.objectworld import (
    plot_objectworld as plot_objectworld,
)
from .policies import (
    boltzmann as boltzmann,
)
from .policies import (
    greedy as greedy,
)
from .worlds.env import (
    MDPEnv as MDPEnv,
)
from .worlds.gridworld import (
    GridWorld as GridWorld,
)
from .worlds.gridworld import (
    cliff as cliff,
)
from .worlds.gridworld import (
    russell_norvig as russell_norvig,
)
from .worlds.objectworld import (
    Objectworld as Objectworld,
)
from .worlds.response_task import (
    ResponseTask as ResponseTask,
)
