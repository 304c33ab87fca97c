"""From behaviour to reward. Every result has at least `policy`, `reward` and `n_iter`.

description  what recorded choices tell, and what they cannot
maxent       maximum causal entropy, rewards linear in features
deep_maxent  the same, the reward of a state a network
iavi         inverse action-value iteration and its gauges, in closed form
iql          inverse Q-learning from samples, with and without constraints
intentions   several rewards and switches between them, by exact expectation–maximisation
recovery     does what was fitted come back from simulations of it
giving_up    two intentions and one switch between them, where and when it comes
counting     what counts of where an animal came from predict, without any reward
prediction   what comes next, by a model of your own that sees the past only
metrics      how to judge a recovered reward
_em          the expectation–maximisation behind intentions
_forward_backward  hidden intentions of ragged trajectories
_likelihood  of demonstrations under a reward, and its gradient
"""
