"""Behaviour: recorded, simulated, and what it shows of the world.

demonstrations  trajectories of any lengths, in flat arrays
agents          simulated experts and animals, whose reward is known
datasets        recordings in files of your own
mice            simulated mice in the labyrinth
recordings      recordings of mice that others published
driving         drives on the highway, in several processes
empirical       the model that recordings show
memory          the state before as part of the state
_files          files from a folder or their source, known by their checksum
_records        recordings as people have them: lists, data frames
_sampling       trajectories drawn from a model
"""
