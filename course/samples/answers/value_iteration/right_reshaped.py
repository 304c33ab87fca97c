"""One matrix for all pairs of state and action."""


def action_values(mdp, v):
    flat = mdp.transitions.reshape(-1, mdp.n_states)
    return mdp.rewards + (mdp.discount * flat.dot(v)).reshape(mdp.rewards.shape)
