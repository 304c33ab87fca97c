"""The policy forgets γ."""

LOSES = "greedy_policy"

CHANGES = {"greedy_policy": {"action_values(mdp, v)": "(mdp.rewards + mdp.transitions @ v)"}}
