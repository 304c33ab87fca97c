"""Worlds: one a module, each a frozen dataclass with its model as `.mdp`.

gridworld      grid worlds drawn as text
objectworld    coloured objects on a grid
response_task  press a lever, wait for the cue, release in time
env            any model as a Gymnasium environment
"""
