"""Values in a dictionary, converted at the end."""


def value_iteration(mdp, theta):
    states = range(mdp.n_states)
    value = dict.fromkeys(states, 0.0)
    while True:
        old = dict(value)
        table = action_values(mdp, [old[s] for s in states])
        value = {s: max(table[s]) for s in states}
        if max(abs(value[s] - old[s]) for s in states) < theta:
            return [value[s] for s in states]
