from . import (
    behaviour as behaviour,
    deep as deep,
    inverse as inverse,
    learning as learning,
    neurl as neurl,
    planning as planning,
    plots as plots,
    worlds as worlds,
)
from ._compiled import (
    COMPILED as COMPILED,
)
from .behaviour.agents import (
    Agent as Agent,
    boltzmann_expert as boltzmann_expert,
    lapsing as lapsing,
    rat as rat,
    soft_expert as soft_expert,
)
from .behaviour.datasets import (
    Trials as Trials,
    read_trials as read_trials,
)
from .behaviour.demonstrations import (
    Demonstrations as Demonstrations,
)
from .behaviour.driving import (
    Drives as Drives,
    Fleet as Fleet,
    NetworkDriver as NetworkDriver,
    drive as drive,
)
from .behaviour.empirical import (
    empirical_mdp as empirical_mdp,
)
from .behaviour.memory import (
    Remembering as Remembering,
    remember as remember,
)
from .behaviour.mice import (
    SimulatedMice as SimulatedMice,
    simulate_mice as simulate_mice,
)
from .behaviour.recordings import (
    DataUnavailable as DataUnavailable,
    LabyrinthData as LabyrinthData,
    SwitchingGridData as SwitchingGridData,
    SyllableData as SyllableData,
    load_labyrinth as load_labyrinth,
    load_switching_grid as load_switching_grid,
    load_syllables as load_syllables,
)
from .deep.diql import (
    dciql as dciql,
    diql as diql,
)
from .deep.networks import (
    DeepIQL as DeepIQL,
)
from .deep.transitions import (
    Transitions as Transitions,
)
from .inverse.counting import (
    Counting as Counting,
    counting as counting,
)
from .inverse.deep_maxent import (
    DeepMaxEnt as DeepMaxEnt,
    deep_maxent_irl as deep_maxent_irl,
)
from .inverse.description import (
    Description as Description,
    describe as describe,
)
from .inverse.giving_up import (
    Beliefs as Beliefs,
    GivingUp as GivingUp,
    beliefs as beliefs,
    giving_up as giving_up,
)
from .inverse.iavi import (
    Recovered as Recovered,
    anchored_reward as anchored_reward,
    iavi as iavi,
    state_reward as state_reward,
)
from .inverse.intentions import (
    Intentions as Intentions,
    multi_intention_iql as multi_intention_iql,
    multi_intention_irl as multi_intention_irl,
)
from .inverse.iql import (
    IQL as IQL,
    ciql as ciql,
    iql as iql,
)
from .inverse.maxent import (
    MaxEnt as MaxEnt,
    maxent_irl as maxent_irl,
)
from .inverse.metrics import (
    epic_distance as epic_distance,
    expected_value_difference as expected_value_difference,
    log_likelihood as log_likelihood,
    reward_correlation as reward_correlation,
    sum_zero_reward as sum_zero_reward,
)
from .inverse.prediction import (
    predict_ahead as predict_ahead,
)
from .inverse.recovery import (
    IntentionConfusion as IntentionConfusion,
    IntentionRecovery as IntentionRecovery,
    SimulatedIntentions as SimulatedIntentions,
    intention_confusion as intention_confusion,
    recover_intentions as recover_intentions,
    simulate_intentions as simulate_intentions,
)
from .learning.schedules import (
    by_visits as by_visits,
    linear as linear,
)
from .learning.tabular import (
    Learned as Learned,
    q_learning as q_learning,
    sarsa as sarsa,
)
from .mdp import (
    MDP as MDP,
)
from .neurl.classifiers import (
    Classifier as Classifier,
    fit_logistic as fit_logistic,
    fit_network as fit_network,
)
from .neurl.comparison import (
    Comparison as Comparison,
    Split as Split,
    compare_decoders as compare_decoders,
    trial_folds as trial_folds,
)
from .neurl.decoder import (
    NeuRL as NeuRL,
    fit_neurl as fit_neurl,
)
from .neurl.dopamine import (
    Explained as Explained,
    explain_dopamine as explain_dopamine,
)
from .neurl.evaluation import (
    predicted_release as predicted_release,
    release_log_likelihood as release_log_likelihood,
    release_matches as release_matches,
)
from .neurl.experiment import (
    Account as Account,
    likelihood_ratio as likelihood_ratio,
    tell_apart as tell_apart,
)
from .neurl.inhibition import (
    Behaviour as Behaviour,
    decoded_behaviour as decoded_behaviour,
    inhibit as inhibit,
)
from .neurl.laboratory import (
    Laboratory as Laboratory,
    Session as Session,
)
from .neurl.rats import (
    intrinsic_reward as intrinsic_reward,
    laboratory_rat as laboratory_rat,
    release_distribution as release_distribution,
)
from .neurl.recording import (
    Recording as Recording,
)
from .neurl.reward import (
    ReleaseReward as ReleaseReward,
    release_contrast as release_contrast,
    release_reward as release_reward,
)
from .neurl.simulated_dopamine import (
    simulate_syllables as simulate_syllables,
)
from .neurl.syllables import (
    SyllablePairs as SyllablePairs,
    pair_tables as pair_tables,
    syllable_pairs as syllable_pairs,
)
from .planning.occupancy import (
    occupancy as occupancy,
)
from .planning.solvers import (
    Solution as Solution,
    evaluate_policy as evaluate_policy,
    soft_value_iteration as soft_value_iteration,
    value_iteration as value_iteration,
)
from .plots.curves import (
    plot_learning_curves as plot_learning_curves,
)
from .plots.gridworld import (
    plot_policy as plot_policy,
    plot_q as plot_q,
    plot_values as plot_values,
    plot_world as plot_world,
)
from .plots.highway import (
    highway_film as highway_film,
    plot_highway as plot_highway,
)
from .plots.labyrinth import (
    plot_labyrinth as plot_labyrinth,
)
from .plots.objectworld import (
    plot_objectworld as plot_objectworld,
)
from .policies import (
    boltzmann as boltzmann,
    greedy as greedy,
)
from .worlds.bandit import (
    BanditSessions as BanditSessions,
    ReversalBandit as ReversalBandit,
)
from .worlds.env import (
    MDPEnv as MDPEnv,
)
from .worlds.gridworld import (
    GridWorld as GridWorld,
    cliff as cliff,
    russell_norvig as russell_norvig,
)
from .worlds.highway import (
    Highway as Highway,
)
from .worlds.intention_grid import (
    IntentionGrid as IntentionGrid,
    IntentionWalks as IntentionWalks,
)
from .worlds.labyrinth import (
    Labyrinth as Labyrinth,
)
from .worlds.objectworld import (
    Objectworld as Objectworld,
)
from .worlds.response_task import (
    ResponseTask as ResponseTask,
)
from .worlds.traffic import (
    safe_actions as safe_actions,
)
