"""Do the audit's findings hold? Traps that the notes of real data sets name, and false alarms on the others.

HOLDFAST_DATA names a folder of data sets with an INDEX.csv. TRAPS below says, as the notes do, what is to be found. Run:
python benchmarks/honesty.py [NAME ...]
"""

import sys
import time

from budget import sets

import holdfast as hf

# What the notes name: leaks by column, and groups, time order and duplicates by code.
LEAKS = {
    "bank_marketing": ["duration"],
    "hotel_bookings": ["reservation_status", "reservation_status_date"],
    "diabetes_readmission": ["discharge_disposition_id"],
    "titanic_seaborn": ["alive"],
    "student_portuguese": ["G1", "G2"],
    "fr_mtpl_small": [
        "ClaimAmount",
        "ClaimNbResp",
        "ClaimNbNonResp",
        "ClaimNbParking",
        "ClaimNbFireTheft",
        "ClaimNbWindscreen",
    ],
    "police_stop_search": ["vehicleSearch"],
    "mice_protein": ["Genotype", "Treatment", "Behavior"],
    "midwest_survey": ["In_what_ZIP_code_is_your_home_located"],
    "fr_temp_disability": ["ExitDate"],
    "bike_sharing_hourly": ["casual", "registered"],
    "hflights_arrival_delay": ["ArrTime", "ActualElapsedTime", "AirTime", "TaxiIn", "DepDelay"],
    "nyc_taxi_fares": ["total"],
}
# What the notes call softer, or name as part of an equation: no alarm is false there, and none is asked for.
SOFTER = {
    "hotel_bookings": ["assigned_room_type", "required_car_parking_spaces", "booking_changes"],
    "nyc_taxi_fares": ["tip", "tolls", "dropoff"],
    "police_stop_search": ["citationIssued"],
    "fr_mtpl_small": ["RecordBeg", "RecordEnd"],
}
GROUPS = ["diabetes_readmission", "mice_protein", "oil_spill", "concrete_strength", "life_expectancy_who"]
TIME = [
    "bank_marketing",
    "hotel_bookings",
    "fr_temp_disability",
    "bike_sharing_hourly",
    "hflights_arrival_delay",
    "us_birthdays",
    "hotel_room_price",
    "life_expectancy_who",
    "gss_wages",
    "metro_traffic",
]
DUPLICATES = [
    "adult_income",
    "hotel_bookings",
    "titanic_seaborn",
    "magic_telescope",
    "spambase",
    "letter_recognition",
    "kddcup99_10pct",
    "wine_quality_white",
    "employee_salaries",
    "diamonds",
    "concrete_strength",
    "gss_wages",
    "hotel_room_price",
    "protein_casp",
    "metro_traffic",
    "stackoverflow_remote",
    "open_payments",
    "insurance_charges",
]
SEEN = {"groups": GROUPS, "time": TIME, "duplicates": DUPLICATES}
CODES = {
    "groups": {"groups", "possible-groups"},
    "time": {"time-order", "row-order"},
    "duplicates": {"duplicate-rows"},
}
LEAK_CODES = {"likely-leak"} | {
    f"target-{how}"
    for how in ["copy", "determined", "by-missingness", "line", "sum", "composed", "by-comparison", "separated"]
}
TOLD = LEAK_CODES | CODES["groups"] | CODES["time"] | {"label-errors", "mixed-units", "near-duplicates"}


def main() -> None:
    """Audit each set as a user would, and print what was found, missed and falsely raised."""
    found = named = alarms = quiet = 0
    for each in sets(sys.argv[1:]):
        began = time.monotonic()
        findings = hf.examine(each["path"], each["target"], header=bool(each["header"]))
        seconds, name = time.monotonic() - began, each["name"]
        loud = [finding for finding in findings if finding.severity < 2]
        leaking = {column for finding in findings if finding.code in LEAK_CODES for column in finding.columns}
        missed = [column for column in LEAKS.get(name, []) if column not in leaking]
        named += len(LEAKS.get(name, []))
        found += len(LEAKS.get(name, [])) - len(missed)
        for trap, names in SEEN.items():
            if name in names:
                named += 1
                hit = any(finding.code in CODES[trap] for finding in findings)
                found += hit
                missed += [] if hit else [trap]
        false = sorted(leaking - set(LEAKS.get(name, [])) - set(SOFTER.get(name, [])))
        false += [f.code for f in loud if f.code == "groups" and name not in GROUPS]
        false += [f.code for f in loud if f.code == "time-order" and name not in TIME]
        false += [f.code for f in loud if f.code in ("label-errors", "mixed-units")]
        alarms += len(false)
        quiet += not false
        print(
            f"{name}: {seconds:.1f} s; missed {missed or 'nothing'}; not named in the notes: {false or 'nothing'}",
            flush=True,
        )
        for finding in findings:
            if finding.code in TOLD:
                print(f"    {finding.severity.name[:4]} {finding.code} {finding.columns[:6]}: {finding.evidence[:230]}")
    print(f"\n{found} of {named} named traps found; {alarms} alarms the notes don't name, {quiet} sets without any.")


if __name__ == "__main__":
    main()
