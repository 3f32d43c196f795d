"""What a network is: numbering, connection list, sites, constants of the neurons, first weights.

Nothing runs here.
"""
