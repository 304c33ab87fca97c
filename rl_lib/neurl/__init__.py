"""From behaviour to intrinsic reward to neural activity: NeuRL, and a laboratory to try it in.

recording   a session as arrays: spike counts, releases, the cue; simulated or your own
rats        simulated rats whose reward is not the task's
laboratory  simulated sessions: a rat, and a population of spiking units beside it
reward      from the releases of a rat to its reward, bin by bin
experiment  how many trials tell one account of a behaviour from another
syllables   pairs of neighbouring syllables: how often, with how much dopamine, and worth what
dopamine    is the reward in the dopamine? Controls, chance, and intervals
simulated_dopamine  syllables and dopamine of which the truth is known
"""
