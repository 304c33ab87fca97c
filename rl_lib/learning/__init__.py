"""Learning from experience, without a model.

tabular    Q-learning and SARSA
schedules  step sizes and exploration that change with time
_episodes  their loops: one on a model, compiled, one on an environment
"""
