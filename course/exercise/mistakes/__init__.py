"""Known mistakes, each as code: what is told as a reason has been tried on the same input.

form                what a mistake is
value_iteration     those in the three steps of that exercise; and so on
q_learning
maxent_irl
inverse_q_learning
known               all of them, by step
"""
