"""The policy forgets the reward."""

LOSES = "greedy_policy"

CHANGES = {"greedy_policy": {"action_values(mdp, v)": "(mdp.transitions @ v)"}}
