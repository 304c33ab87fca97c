"""Networks in the place of tables; needs the extra `deep`.

dqn        double deep Q-learning from a replay memory
"""
