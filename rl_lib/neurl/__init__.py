"""From behaviour to intrinsic reward to neural activity: NeuRL, and a laboratory to try it in.

recording   a session as arrays: spike counts, releases, the cue; simulated or your own
rats        simulated rats whose reward is not the task's
laboratory  simulated sessions: a rat, and a population of spiking units beside it
reward      from the releases of a rat to its reward, bin by bin
experiment  how many trials tell one account of a behaviour from another
dopamine    is the reward in the dopamine? A table of pairs of syllables, with its controls
syllables   simulated syllables with dopamine beside them
"""
