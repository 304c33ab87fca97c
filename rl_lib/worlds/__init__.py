"""Worlds: one a module, each a frozen dataclass with its model as `.mdp`.

gridworld       grid worlds drawn as text
objectworld     coloured objects on a grid
response_task   press a lever, wait for the cue, release in time
intention_grid  set out for a goal, and give it up
labyrinth       the binary maze of the mice
bandit          two arms that change places
highway         three lanes and random traffic, in SUMO
traffic         what a driver on the highway sees, and what is safe
env             any model as a Gymnasium environment
_sumo           the one simulation of a process
"""
