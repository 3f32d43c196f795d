"""Several processes train one network.

Who was started (`launch`), what they tell each other (`exchange`), and how they begin and end
(`together`).
"""
