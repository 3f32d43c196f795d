"""Plain sentences for the stand-in corpus, drawn from a small grammar of our own."""

from __future__ import annotations

from typing import Final

import numpy as np

_WORDS: Final = {
    "THE": "the|a|this|that|my|your|our|their|her|his|every|no|each",
    "SIZE": (
        "old|young|quick|lazy|small|huge|warm|cold|quiet|noisy|bright|dark|heavy|green|yellow|"
        "purple|strange|usual|clever|thirsty|foggy|smooth|rough|sharp|early|narrow|major|joyful"
    ),
    "WHO": (
        "doctor|teacher|sailor|judge|farmer|mother|father|brother|girl|boy|child|painter|engineer|"
        "thief|neighbour|student|cook|driver|baker|pilot|writer|singer|king|youth|visitor"
    ),
    "WHAT": (
        "book|paper|bottle|jacket|treasure|garden|machine|bridge|window|church|measure|fish|cheese|"
        "house|thing|rope|oil|cup|shoe|voice|coin|engine|ship|bath|leather|yard|spoon|vision|glove|"
        "orange|toy|nature|picture|feather|tooth|badge|cage|drum|lamp|wheel"
    ),
    "DID": (
        "found|took|bought|saw|heard|carried|painted|moved|watched|fixed|pushed|pulled|washed|sold|"
        "lost|enjoyed|judged|caught|brought|followed|changed|opened|threw|hid|shook|chose|wanted"
    ),
    "WENT": (
        "walked|ran|sat|slept|sang|waited|laughed|jumped|stood|worked|played|shouted|smoked|drove|"
        "swam|paused|yawned|cried|joked|danced"
    ),
    "WHERE": (
        "near the river|behind the house|in the garden|on the roof|under the bridge|at the station|"
        "by the ocean|over the hill|through the woods|beyond the village|in the kitchen|at school|"
        "along the beach|beside the fire|around the yard|outside|upstairs|in town"
    ),
    "WHEN": (
        "today|again|last night|this morning|before noon|after lunch|on Thursday|in July|all day|"
        "at three|for a while|every evening|since May|twice|too soon|without any pleasure"
    ),
    "ASK": "did|could|would|should|might|can|will",
    "DO": "find|take|buy|see|hear|carry|paint|move|watch|fix|push|choose|measure|join|use",
}
WORDS: Final = {place: words.split("|") for place, words in _WORDS.items()}
PATTERNS: Final = (
    "THE WHO DID THE WHAT",
    "THE SIZE WHO WENT WHERE",
    "THE WHO WENT WHEN",
    "THE WHO DID THE SIZE WHAT",
    "WHEN , THE WHO WENT",
    "THE SIZE WHAT and THE WHAT",
    "ASK THE WHO DO THE WHAT",
    "we DID THE WHAT WHEN",
    "they WENT WHERE",
    "I DID THE SIZE WHAT",
    "you WENT , but THE WHO WENT",
    "DO THE WHAT WHERE",
)


def draw_sentence(rng: np.random.Generator) -> str:
    """One sentence of three to nine words."""
    pattern = PATTERNS[rng.integers(len(PATTERNS))]
    drawn = [WORDS[w][rng.integers(len(WORDS[w]))] if w in WORDS else w for w in pattern.split()]
    return " ".join(drawn).replace(" ,", ",") + "."
