"""Who could buy: invented companies, people, sources and the pages they look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

# One line for each list: "first: Marta Ingrid ...".
_NAMES = {
    name: tuple(words.split())
    for name, _, words in (
        line.partition(":")
        for line in Path(__file__).with_name("names.txt").read_text(encoding="utf-8").splitlines()
    )
}
FIRST, LAST, CITIES = _NAMES["first"], _NAMES["last"], _NAMES["cities"]
NAME_HEADS, NAME_TAILS = _NAMES["name_heads"], _NAMES["name_tails"]

INDUSTRIES = (
    ("B2B SaaS", 32),
    ("software", 22),
    ("IT services", 15),
    ("logistics", 8),
    ("manufacturing", 9),
    ("healthcare", 6),
    ("finance", 6),
    ("e-commerce", 6),
    ("agency", 5),
    ("education", 3),
)
SENIOR = (
    "VP Marketing",
    "VP Revenue Operations",
    "CMO",
    "CEO",
    "Chief Revenue Officer",
    "VP Sales",
)
DIRECTOR = ("Marketing Director", "Director of Demand Generation", "Sales Director")
MANAGER = (
    "Marketing Manager",
    "Growth Manager",
    "Sales Operations Manager",
    "Demand Generation Manager",
    "CRM Manager",
    "Head of Marketing",
)
OTHER = ("Marketing Coordinator", "Account Manager", "Data Analyst", "Developer", "Consultant")
JUNIOR = ("Student", "Intern", "Marketing Intern")

SOURCES: tuple[tuple[str, int, tuple[str, ...], int], ...] = (
    # name, share of leads, campaigns, euros a day (0: nobody entered the spend)
    ("Paid search", 24, ("Brand", "Lead scoring", "Competitors"), 190),
    ("White paper", 22, ("Handbook 2026", "Benchmark report"), 120),
    ("Webinar", 16, ("SLA clinic", "Scoring live"), 75),
    ("Demo form", 14, ("Website",), 0),
    ("Organic", 12, ("Blog",), 0),
    ("Partner", 7, ("Agencies",), 40),
    ("Events", 5, ("Revenue summit",), 0),
)
PRICING = ("page", "/pricing", "Pricing")
PAGES = (
    ("page", "/", "Home"),
    ("page", "/product", "Product"),
    ("page", "/product/scoring", "Scoring"),
    ("page", "/customers", "Customers"),
    ("page", "/blog/what-is-an-mql", "What is an MQL"),
    ("page", "/blog/speed-to-lead", "Speed to lead"),
)
CASES = (
    ("asset", "case-kestrel", "Case study: Kestrel"),
    ("asset", "case-halden", "Case study: Halden"),
    ("asset", "case-fjord", "Case study: Fjord"),
)
GUIDES = (
    ("asset", "handbook-2026", "The alignment handbook"),
    ("asset", "feature-comparison", "Feature comparison"),
)
BLOG = ("form", "blog", "Blog subscription")
TAGS = {
    PRICING: ["pricing"],
    **{case: ["case study"] for case in CASES},
    **{guide: ["guide"] for guide in GUIDES},
    BLOG: ["blog"],
}


Choice = TypeVar("Choice")


def pick(random: Random, weighted: Sequence[tuple[Choice, int]]) -> Choice:
    """Choose one of some things that have weights."""
    things = [thing for thing, _ in weighted]
    return random.choices(things, [weight for _, weight in weighted])[0]


@dataclass(frozen=True)
class Firm:
    """A company as the market knows it."""

    name: str
    domain: str
    industry: str
    size: int
    city: str

    @property
    def in_icp(self) -> bool:
        return self.industry in {"B2B SaaS", "software", "IT services"} and 50 <= self.size <= 5000


def found_companies(random: Random, number: int) -> list[Firm]:
    """Return companies with names of their own."""
    names = [f"{head} {tail}" for head in NAME_HEADS for tail in NAME_TAILS]
    return [
        Firm(
            name=name,
            domain=f"{name.lower().replace(' ', '-')}.example",
            industry=pick(random, INDUSTRIES),
            size=max(3, min(9000, int(random.lognormvariate(5.3, 1.1)))),
            city=random.choice(CITIES),
        )
        for name in random.sample(names, number)
    ]
