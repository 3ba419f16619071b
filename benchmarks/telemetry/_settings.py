"""What each published parser was run with on each data set: logparser's own benchmark settings, as arguments of ours.

Source: logpai/logparser, logparser/*/benchmark.py; the separators of Brain stand in its code by the name of the log.
"""

from perfwise.telemetry.parsers.ael import Ael
from perfwise.telemetry.parsers.brain import Brain
from perfwise.telemetry.parsers.drain import Drain
from perfwise.telemetry.parsers.drain_original import DrainOriginal
from perfwise.telemetry.parsers.iplom import Iplom
from perfwise.telemetry.parsers.spell import Spell
from perfwise.telemetry.scanning.masks import Mask

IP = r"(\d+\.){3}\d+"
NAMES = r"([\w-]+\.){2,}[\w-]+"
MASKS = {
    "Android": (r"(/[\w-]+)+", NAMES, r"\b(\-?\+?\d+)\b|\b0[Xx][a-fA-F\d]+\b|\b[a-fA-F\d]{4,}\b"),
    "Apache": (IP,),
    "BGL": (r"core\.\d+",),
    "HDFS": (r"blk_-?\d+", r"(\d+\.){3}\d+(:\d+)?"),
    "HPC": (r"=\d+",),
    "Hadoop": (IP,),
    "HealthApp": (),
    "Linux": (IP, r"\d{2}:\d{2}:\d{2}"),
    "OpenSSH": (IP, NAMES),
    "Windows": (r"0x.*?\s",),
}
DATASETS = tuple(MASKS)
BRAIN_MASKS = {**MASKS, "HPC": (), "Linux": (*MASKS["Linux"], r"J([a-z]{2})")}
DRAIN = {"Android": (0.2, 6), "HealthApp": (0.2, 4), "Linux": (0.39, 6), "OpenSSH": (0.6, 5), "Windows": (0.7, 5)}
BRAIN_THRESHOLD = {"HDFS": 2, "Hadoop": 6, "BGL": 6, "HPC": 5, "Windows": 3, "Android": 5, "OpenSSH": 6}
BRAIN_SEPARATORS = {
    "HealthApp": ":=|",
    "Android": "():=",
    "HPC": "=-:",
    "Hadoop": "_:=()",
    "HDFS": ":",
    "Linux": "=:",
    "Windows": ":=[]",
}
TAU = {"BGL": 0.75, "HPC": 0.65, "Linux": 0.55, "Android": 0.95, "HealthApp": 0.5, "Apache": 0.6, "OpenSSH": 0.8}
IPLOM = {
    "HDFS": (0.35, 0.25),
    "Hadoop": (0.4, 0.2),
    "BGL": (0.4, 0.01),
    "HPC": (0.58, 0.25),
    "Linux": (0.3, 0.3),
    "Windows": (0.3, 0.25),
    "Android": (0.25, 0.3),
    "HealthApp": (0.25, 0.3),
    "Apache": (0.3, 0.4),
    "OpenSSH": (0.78, 0.25),
}
AEL_MERGE = {"HDFS": 0.5, "BGL": 0.5, "Linux": 0.6, "Android": 0.6, "HealthApp": 0.6, "OpenSSH": 0.7}
AEL_COUNT = {"HPC": 5, "OpenSSH": 10}


def _masks(patterns):
    return tuple(Mask(pattern) for pattern in patterns)


def published(parser, dataset):
    """The parser with the settings that were published for a data set."""
    masks = _masks(MASKS[dataset])
    if parser in ("drain", "drain_original"):
        sim_th, depth = DRAIN.get(dataset, (0.5, 4))
        return (Drain if parser == "drain" else DrainOriginal)(sim_th=sim_th, depth=depth, masks=masks)
    if parser == "brain":
        separators = ("=", "..", "(", ")") if dataset == "BGL" else tuple(BRAIN_SEPARATORS.get(dataset, ""))
        return Brain(BRAIN_THRESHOLD.get(dataset, 4), separators, _masks(BRAIN_MASKS[dataset]))
    if parser == "spell":
        return Spell(TAU.get(dataset, 0.7), masks)
    if parser == "iplom":
        return Iplom(*IPLOM[dataset], masks=masks)
    return Ael(AEL_COUNT.get(dataset, 2), AEL_MERGE.get(dataset, 0.4), masks)


PARSERS = ("drain", "drain_original", "brain", "spell", "iplom", "ael")
THEIRS = {
    "drain": "Drain3",
    "drain_original": "Drain",
    "brain": "Brain",
    "spell": "Spell",
    "iplom": "IPLoM",
    "ael": "AEL",
}
