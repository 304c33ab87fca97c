"""Networks in the place of tables; needs the extra `deep`.

transitions  demonstrations as networks see them
targets      what the networks of deep inverse Q-learning move towards
networks     what has been learned: asked, saved, loaded
_updates     one step of training, compiled
_training    many of them, until nothing gets better
diql         deep inverse Q-learning, without and with constraints
dqn          double deep Q-learning from a replay memory
"""
