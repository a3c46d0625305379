"""The word lists of the rule parser. They are ours, made by reading captions."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text parted by spaces."""
    return frozenset(text.split())


STOP_OBJECTS = word_set(
    """
    image photo photograph picture pic shot close-up closeup view background foreground scene
    front back top side middle center centre edge end left right corner bottom part kind type sort
    style form variety number amount lot bunch group pair couple set piece row line series
    collection assortment array mix mixture stack pile plenty dozen half rest thing stuff something
    anything everything someone somebody anyone everyone one other way distance direction
    color colour shape size length height day time moment morning afternoon evening year age
    today hour minute caption none nothing nobody noone bit use display position place area spot case
    """
)
"""Nouns that name no thing one could tag: parts of speech about the picture, place and amount.

Containers such as "plate" and "bowl" are things and stay.
"""

STOP_ATTRIBUTES = word_set(
    """
    other same own several many few more most much such different various next first second third
    last certain possible able sure multiple whole only single double individual similar
    particular main available ready due respective entire actual real numerous couple close near
    front back top middle left right less least additional another total overall type
    """
)
"""Adjectives that say how many, where or which, not what something looks like."""

STOP_PARTICIPLES = word_set(
    """
    having being including featuring containing showing made used shown seen going getting taken
    doing using trying set put got had called named titled pictured displayed wearing
    labeled labelled missing lacking seeming looking
    """
)
"""Participles that tell nothing without their object."""

COLOURS = word_set(
    """
    red orange yellow green blue purple pink brown black white gray grey beige tan gold golden
    silver turquoise teal maroon violet cream navy
    """
)

MATERIALS = word_set(
    """
    wood brick stone metal glass plastic leather paper concrete marble steel iron gold silver
    bronze clay straw cloth wool cotton denim silk rubber cardboard tile wicker bamboo ceramic
    porcelain granite gravel dirt cement chrome aluminum aluminium copper brass wire mesh lace
    """
)
"""Nouns that, before another noun, say what it is made of."""

SAME_ATTRIBUTE = {"grey": "gray", "wood": "wooden", "colour": "color"}
"""Spellings and forms brought together."""

COUNTS = {
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
    "10": "ten",
    "11": "eleven",
    "12": "twelve",
}
"""Counts that are kept as attributes; every other number is dropped."""

SAME_OBJECT = {
    "people": "person",
    "scissor": "scissors",
    "pant": "pants",
    "jean": "jeans",
    "goggle": "goggles",
    "sunglass": "sunglasses",
    "binocular": "binoculars",
    "clothe": "clothes",
}
"""Singulars that the lemmatiser makes of words that have none, and "people"."""

OPAQUE = word_set("hot_dog teddy_bear stuffed_bear computer_mouse gummy_bear horse_fly corn_dog")
"""Phrases (spaces written as _) whose last word alone would name another thing."""

PHRASES = frozenset(
    {
        "hot dog",
        "corn dog",
        "teddy bear",
        "polar bear",
        "french fry",
        "living room",
        "dining room",
        "dining table",
        "stop sign",
        "fire hydrant",
        "fire truck",
        "parking meter",
        "parking lot",
        "traffic light",
        "traffic sign",
        "street sign",
        "cell phone",
        "mobile phone",
        "wine glass",
        "paper towel",
        "toilet paper",
        "remote control",
        "hair dryer",
        "hair drier",
        "stuffed animal",
        "sports ball",
        "frying pan",
        "cutting board",
        "washing machine",
        "shopping cart",
        "swimming pool",
        "high chair",
        "computer mouse",
    }
)
"""Names that stay whole whatever the tagger makes of their first word."""

LOCATIVE = word_set(
    """
    in on at near by under over above below behind beside inside outside along around beneath
    between against across through onto into atop underneath
    """
)
DEFINITE = word_set("the this that these those my your his her its their our")
COPULAS = word_set("be look seem appear become stay remain")
