"""Facts that follow from others, by the table of docs/reference/derived-facts.md. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.core.text import FREE_MAIL, domain_of, fold

Value = str | int | None
WORD = re.compile(r"[^\W_]+(?:[-&][^\W_]+)*")

# A vice president is no president, and a product owner owns no company.
MEANS = (
    ("vice president", "vp"), ("vice président", "vp"), ("vice présidente", "vp"),
    ("vice presidente", "vp"), ("vice presidenta", "vp"), ("product owner", "product manager"),
    ("process owner", "process manager"), ("service owner", "service manager"),
)  # fmt: skip

# Kinds of seniority, highest first; the first whose words are in the title wins.
SENIORITY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("intern", (
        "intern", "internship", "praktikant", "praktikantin", "praktikum", "stagiaire",
        "becario", "becaria", "trainee", "werkstudent", "werkstudentin", "working student",
    )),
    ("student", ("student", "studentin", "étudiant", "étudiante", "estudiante")),
    ("c_level", (
        "ceo", "cto", "cfo", "coo", "cmo", "cio", "cro", "cpo", "ciso", "cdo", "chro", "chief",
        "founder", "co-founder", "cofounder", "founding partner", "owner", "president",
        "managing director", "gründer", "gründerin", "mitgründer", "mitgründerin", "inhaber",
        "inhaberin", "geschäftsführer", "geschäftsführerin", "geschäftsführender",
        "geschäftsführung", "vorstand", "vorständin", "vorstandsvorsitzender", "pdg", "fondateur",
        "fondatrice", "cofondateur", "cofondatrice", "gérant", "gérante", "directeur général",
        "directrice générale", "président", "présidente", "fundador", "fundadora", "cofundador",
        "cofundadora", "director general", "directora general", "director gerente",
        "consejero delegado", "consejera delegada", "presidente", "presidenta", "propietario",
        "propietaria",
    )),
    ("vp", (
        "vp", "svp", "evp", "avp", "vice president", "vizepräsident", "vizepräsidentin",
        "bereichsvorstand", "vice-président", "vice-présidente", "vicepresidente",
        "vicepresidenta",
    )),
    ("director", (
        "director", "direktor", "direktorin", "bereichsleiter", "bereichsleiterin",
        "hauptabteilungsleiter", "hauptabteilungsleiterin", "directeur", "directrice",
        "directora",
    )),
    ("head", (
        "head", "abteilungsleiter", "abteilungsleiterin", "leiter", "leiterin", "leitung",
        "responsable", "jefe", "jefa", "chef de service", "cheffe de service",
        "chef de département", "cheffe de département",
    )),
    ("manager", (
        "manager", "managerin", "lead", "supervisor", "teamleiter", "teamleiterin",
        "projektleiter", "projektleiterin", "chef de projet", "cheffe de projet", "chef de produit",
        "gestionnaire", "gerente", "coordinateur",
        "coordinatrice", "coordinador", "coordinadora",
    )),
    ("senior", ("senior", "sr", "principal", "staff", "confirmé", "confirmée")),
    ("junior", ("junior", "jr", "assistant", "assistante", "asistente", "assistent",
                "assistentin", "auszubildender", "auszubildende", "apprenti", "apprentie")),
)  # fmt: skip

# An assistant to somebody is not that somebody: what follows these words does not count.
SERVES = (
    "assistant to", "assistant of", "executive assistant", "personal assistant",
    "assistant executive", "assistenz der", "assistent der", "assistentin der", "assistenz des",
    "assistent des", "assistentin des", "assistante de", "assistant de", "asistente de",
    "asistente del", "assistante du", "assistant du", "vorstandsassistent",
    "vorstandsassistentin",
)  # fmt: skip

DEPARTMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("marketing", (
        "marketing", "cmo", "brand", "marke", "communications", "communication", "kommunikation",
        "comunicación", "demand generation", "growth", "content", "seo", "mercadotecnia", "pr",
        "growth hacker", "public relations",
    )),
    ("sales", (
        "sales", "vertrieb", "vertriebs", "verkauf", "ventes", "vente", "commercial",
        "commerciale", "ventas", "comercial", "cro", "account executive", "business development",
        "revenue", "key account",
    )),
    ("it", (
        "it", "cio", "ciso", "information technology", "informatik", "informatique",
        "informática", "sistemas", "systems", "security", "edv", "dsi", "infrastructure",
    )),
    ("engineering", (
        "engineering", "engineer", "developer", "software", "cto", "entwickler", "entwicklerin",
        "entwicklung", "ingenieur", "ingenieurin", "ingénieur", "ingénieure", "développeur",
        "développeuse", "ingeniero", "ingeniera", "ingeniería", "desarrollador",
        "desarrolladora", "technology", "technik", "devops", "r&d",
    )),
    ("product", ("product", "produkt", "produit", "producto", "cpo")),
    ("finance", (
        "finance", "financial", "cfo", "finanzen", "finanz", "finances", "financier",
        "financière", "finanzas", "controlling", "controller", "accounting", "accountant",
        "buchhaltung", "comptabilité", "comptable", "contabilidad", "treasurer",
    )),
    ("people", (
        "hr", "human resources", "people", "personal", "personalleiter", "personalleiterin",
        "chro", "recruiting", "recruiter", "talent", "rh", "ressources humaines",
        "recursos humanos", "rrhh",
    )),
    ("customer_success", (
        "customer success", "customer service", "customer support", "support", "kundenservice",
        "kundenbetreuung", "kundendienst", "service client", "atención al cliente",
    )),
    ("operations", (
        "operations", "coo", "betrieb", "opérations", "exploitation", "operaciones", "logistics",
        "logistik", "logistique", "logística", "supply chain", "produktion", "production",
        "producción",
    )),
    ("purchasing", (
        "purchasing", "procurement", "buyer", "einkauf", "einkäufer", "einkäuferin",
        "beschaffung", "achats", "acheteur", "acheteuse", "compras", "comprador", "compradora",
    )),
    ("legal", (
        "legal", "lawyer", "counsel", "recht", "jurist", "juristin", "rechtsabteilung",
        "juridique", "juriste", "compliance", "abogado", "abogada",
    )),
    ("management", (
        "ceo", "founder", "co-founder", "cofounder", "owner", "president", "managing director",
        "general manager", "geschäftsführer", "geschäftsführerin", "geschäftsführung", "inhaber",
        "inhaberin", "gründer", "gründerin", "vorstand", "pdg", "fondateur", "fondatrice",
        "gérant", "gérante", "directeur général", "directrice générale", "fundador", "fundadora",
        "director general", "directora general", "consejero delegado", "consejera delegada",
    )),
)  # fmt: skip

# German writes the department and the rank as one word: Vertriebsleiter, Marketingleiterin.
GLUED_RANKS = (
    ("bereichsleiterin", "director"), ("bereichsleiter", "director"),
    ("direktorin", "director"), ("direktor", "director"),
    ("teamleiterin", "manager"), ("teamleiter", "manager"),
    ("managerin", "manager"), ("manager", "manager"),
    ("leiterin", "head"), ("leiter", "head"), ("leitung", "head"), ("chefin", "head"),
    ("chef", "head"), ("praktikantin", "intern"), ("praktikant", "intern"),
    ("assistentin", "junior"), ("assistent", "junior"),
)  # fmt: skip
GLUED_DEPARTMENTS = (
    ("marketing", "marketing"), ("kommunikations", "marketing"), ("vertriebs", "sales"),
    ("verkaufs", "sales"), ("sales", "sales"), ("it", "it"), ("entwicklungs", "engineering"),
    ("technik", "engineering"), ("produkt", "product"), ("finanz", "finance"),
    ("personal", "people"), ("einkaufs", "purchasing"), ("betriebs", "operations"),
    ("produktions", "operations"), ("logistik", "operations"), ("rechts", "legal"),
)  # fmt: skip

SIZE_BANDS = (
    (10, "1-10"), (49, "11-49"), (199, "50-199"), (999, "200-999"), (5_000, "1,000-5,000"),
)  # fmt: skip
LARGEST_BAND = "over 5,000"

DISPOSABLE_MAIL = frozenset([
    "10minutemail.com", "discard.email", "fakeinbox.com", "getnada.com", "guerrillamail.com",
    "guerrillamail.net", "mail-temp.com", "mailcatch.com", "maildrop.cc", "mailinator.com",
    "mailnesia.com", "mintemail.com", "moakt.com", "mohmal.com", "sharklasers.com", "spam4.me",
    "temp-mail.org", "tempmail.com", "tempr.email", "throwawaymail.com", "trashmail.com",
    "trashmail.de", "wegwerfmail.de", "yopmail.com", "yopmail.fr",
])  # fmt: skip

FROM_TITLE = ("seniority", "department")
SOURCES: dict[str, tuple[str, ...]] = {"title": FROM_TITLE, "company_size": ("size_band",)}


@dataclass(frozen=True)
class Own:
    """What an admin added to the table: pairs of what is said and what it means, each checked
    before the built-in ones. Titles' words are as ``spaced`` returns them, without its ends.
    """

    seniority: tuple[tuple[str, str], ...] = ()
    department: tuple[tuple[str, str], ...] = ()
    size_band: tuple[tuple[int, str], ...] = ()
    email_kind: tuple[tuple[str, str], ...] = ()


NONE = Own()


def derive(facts: Mapping[str, Value], own: Own = NONE) -> dict[str, str | None]:
    """Return the facts that follow from ``facts``; None where a given one says nothing.

    Only facts whose source is among ``facts`` are returned, so that one that was cleared clears
    what followed from it. ``own`` is what an admin added to the table.
    """
    found: dict[str, str | None] = {}
    if "title" in facts:
        title = str(facts["title"] or "")
        found["seniority"] = _own_word(title, own.seniority) or seniority_of(title)
        found["department"] = _own_word(title, own.department) or department_of(title)
    if "company_size" in facts:
        found["size_band"] = size_band_of(facts["company_size"], own)
    return found


def _own_word(title: str, rows: Sequence[tuple[str, str]]) -> str | None:
    """Return what the first row means whose words are in the title."""
    if not rows:
        return None
    words = spaced(title)
    return next((means for says, means in rows if f" {says} " in words), None)


@lru_cache(maxsize=4096)
def seniority_of(title: str) -> str | None:
    """Return the rank that a job title names, whatever its language, or None."""
    words = spaced(title)
    if any(f" {phrase} " in words for phrase in SERVES):
        return "junior"
    for rank, phrases in SENIORITY:
        if any(f" {phrase} " in words for phrase in phrases):
            return rank
    return next(
        (rank for word in words.split() for end, rank in GLUED_RANKS if word.endswith(end)), None
    )


@lru_cache(maxsize=4096)
def department_of(title: str) -> str | None:
    """Return the department that a job title names, or None."""
    words = spaced(title)
    for department, phrases in DEPARTMENTS:
        if any(f" {phrase} " in words for phrase in phrases):
            return department
    for word in words.split():
        if any(word.endswith(end) for end, _ in GLUED_RANKS):
            for start, department in GLUED_DEPARTMENTS:
                if word.startswith(start):
                    return department
    return None


def size_band_of(people: Value, own: Own = NONE) -> str | None:
    """Return the band of a number of people, or None where it is unknown or below one."""
    if not isinstance(people, int) or people < 1:
        return None
    bands = (
        sorted((dict(SIZE_BANDS) | dict(own.size_band)).items()) if own.size_band else SIZE_BANDS
    )
    return next((band for most, band in bands if people <= most), LARGEST_BAND)


def email_kind_of(address: str, own: Own = NONE) -> str | None:
    """Return "free", "disposable" or "business" by the domain of an e-mail address, or None."""
    domain = domain_of(address)
    if not domain:
        return None
    if (kind := dict(own.email_kind).get(domain)) is not None:
        return kind
    if domain in DISPOSABLE_MAIL:
        return "disposable"
    return "free" if domain in FREE_MAIL else "business"


@lru_cache(maxsize=64)
def spaced(title: str) -> str:
    """Return the title's folded words with single spaces around and between them."""
    folded = fold(unicodedata.normalize("NFKC", title)).replace("(m/w/d)", " ").replace(".", "")
    words = f" {' '.join(WORD.findall(folded))} "
    for phrase, means in MEANS:
        words = words.replace(f" {phrase} ", f" {means} ")
    return words
