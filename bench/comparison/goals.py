"""What Lifeboat wants to reach, as its share of a peer's figure: (data set, operation, figure, peer,
share at most). Peak memory is the exception: MiB, whatever the peers take."""

_DATABASE = [
    ("first", "wall", "restic", 0.45),
    ("first", "stored", "restic", 1.05),
    ("first", "wall", "borg", 0.5),
    ("changed", "wall", "restic", 0.45),
    ("changed", "added", "restic", 0.95),
    ("changed", "wall", "borg", 0.5),
    ("restore", "wall", "restic", 0.85),
    ("restore", "wall", "borg", 0.6),
    ("check", "wall", "restic", 0.9),
    ("check", "wall", "borg", 0.4),
]

SHARES = [
    ("source", "first", "wall", "restic", 0.40),
    ("source", "first", "cpu", "restic", 0.40),
    ("source", "first", "stored", "restic", 0.82),
    ("source", "first", "wall", "borg", 0.30),
    ("source", "unchanged", "wall", "restic", 0.25),
    ("source", "unchanged", "wall", "borg", 0.15),
    ("source", "restore", "wall", "restic", 0.6),
    ("source", "restore", "wall", "borg", 0.4),
    ("source", "check", "wall", "restic", 0.4),
    ("source", "check", "wall", "borg", 0.2),
    *(("db", *goal) for goal in _DATABASE),
    *(("textdb", *goal) for goal in _DATABASE),
    ("blob", "first", "wall", "restic", 0.40),
    ("blob", "first", "wall", "borg", 0.40),
    ("blob", "changed", "wall", "restic", 0.40),
    ("blob", "changed", "added", "restic", 0.5),
    ("blob", "changed", "wall", "borg", 0.3),
    ("blob", "restore", "wall", "restic", 0.8),
    ("blob", "restore", "wall", "borg", 0.6),
]

PEAK_MIB = 300
