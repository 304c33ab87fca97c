"""From behaviour to intrinsic reward to neural activity: NeuRL, and a laboratory to try it in.

recording   a session as arrays: spike counts, releases, the cue; simulated or your own
rats        simulated rats whose reward is not the task's
laboratory  simulated sessions: a rat, and a population of spiking units beside it
reward      from the releases of a rat to its reward, bin by bin
activity    what a decoder is shown of a trial, bin by bin
decoder     NeuRL: a network from activity to that reward, and back to releases
classifiers  what NeuRL is compared with: a logistic regression, and a network
evaluation  predictions from hazards, and how good they are
search      a random search for networks, in all folds at once
comparison  one table for every decoder, over folds of trials
inhibition  parts of a population fall silent
experiment  how many trials tell one account of a behaviour from another
syllables   pairs of neighbouring syllables: how often, with how much dopamine, and worth what
dopamine    is the reward in the dopamine? Controls, chance, and intervals
simulated_dopamine  syllables and dopamine of which the truth is known
networks    thousands of small networks trained at once
calibration  a temperature and an offset, from scores to probabilities
_training   trials and configurations as the arrays that networks are trained on
"""
