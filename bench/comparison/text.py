"""Natural-looking rows from a seed: words in the frequencies of a language, names, addresses,
amounts, JSON and UUIDs. A database of them compresses about as a company's does, three- to
fivefold, and not 86-fold as the padding of pgbench's tables."""

import itertools
import random
import uuid

_ONSETS = "b bl br c ch cl d dr f fl g gl gr h j k l m n p pl pr qu r s sc sh sl sp st t th tr v w".split()
_VOWELS = "a e i o u ai ea ee ie oa oo ou".split()
_CODAS = ["", "", "", "b", "ck", "d", "l", "ll", "m", "n", "nd", "ng", "nt", "p", "r", "rd", "s", "st", "t", "x"]
_STATES = ("paid", "shipped", "pending", "cancelled", "returned")
_CITIES = 400


class Rows:
    """The same rows for the same seed, whatever the machine."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        # Frequent words are short, as in languages; frequencies fall as Zipf found.
        words = {}
        while len(words) < 30_000:
            syllables = 1 if len(words) < 600 else self.random.choice((1, 2, 2, 3, 4))
            words["".join(self._syllable() for _ in range(syllables))] = None
        self.words = list(words)
        self.frequencies = list(
            itertools.accumulate(1 / (rank + 2.7) for rank in range(len(self.words)))
        )
        self.cities = [self.random.choice(self.words).capitalize() for _ in range(_CITIES)]

    def _syllable(self):
        pick = self.random.choice
        return pick(_ONSETS) + pick(_VOWELS) + pick(_CODAS)

    def prose(self, words):
        """Sentences of so many words in all."""
        chosen = self.random.choices(self.words, cum_weights=self.frequencies, k=words)
        at = 0
        while at < words:
            chosen[at] = chosen[at].capitalize()
            end = min(words, at + self.random.randrange(4, 24)) - 1
            chosen[end] += self.random.choice("..,.?")
            at = end + 1
        return " ".join(chosen)

    def name(self):
        return self.random.choice(self.words[:3000]).capitalize()

    def uuid(self):
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def time(self, share):
        """A moment of the years 2021 to 2026; rows are made in about the order of their share."""
        seconds = int((share + self.random.random() * 0.001) * 155_000_000)
        day, second = divmod(seconds, 86_400)
        year, day = divmod(day, 360)
        month, day = divmod(day, 30)
        day = min(day, 27)
        hour, rest = divmod(second, 3600)
        return (
            f"{2021 + year}-{month + 1:02}-{day + 1:02} {hour:02}:{rest // 60:02}:{rest % 60:02}"
            f".{self.random.randrange(1_000_000):06}+00"
        )

    def customers(self, count):
        for i in range(1, count + 1):
            first, last = self.name(), self.name()
            yield (
                f"{i}\t{self.uuid()}\t{first} {last}\t{first.lower()}.{last.lower()}"
                f"{self.random.randrange(100)}@{self.random.choice(self.words[:200])}.example\t"
                f"{self.random.randrange(1, 300)} {self.name()} Street, "
                f"{self.random.choice(self.cities)} {self.random.randrange(10000, 99999)}\t"
                f"{self.time(i / count)}\t{self.prose(self.random.randrange(0, 30))}\n"
            )

    def orders(self, count, customers):
        for i in range(1, count + 1):
            lines = ", ".join(
                f'{{"sku": "{self.random.randrange(100000):05}-{self.random.choice("ABCDEF")}", '
                f'"qty": {self.random.randrange(1, 9)}, "price": {self.random.randrange(100, 90000) / 100}}}'
                for _ in range(self.random.choice((1, 1, 2, 3, 5)))
            )
            yield (
                f"{i}\t{self.random.randrange(1, customers + 1)}\t{self.random.choice(_STATES)}\t"
                f"{self.random.randrange(100, 5_000_000) / 100:.2f}\t{self.time(i / count)}\t"
                f'{{"channel": "{self.random.choice(("web", "shop", "app"))}", "session": "{self.uuid()}", '
                f'"note": "{self.prose(self.random.randrange(0, 12))}", "lines": [{lines}]}}\n'
            )

    def messages(self, count, customers):
        for i in range(1, count + 1):
            yield (
                f"{i}\t{self.random.randrange(1, customers + 1)}\t{self.time(i / count)}\t"
                f"{self.prose(self.random.randrange(2, 8))}\t{self.prose(self.random.randrange(5, 140))}\n"
            )
