"""Makes flights.csv out of flights-20k.json (read from standard input, written to standard output).

    tar -xOf vega-datasets-2.11.0.tgz package/data/flights-20k.json | python3 make-flights.py > flights.csv
"""
import json
import sys

flights = json.load(sys.stdin)
flights.sort(key=lambda flight: flight["date"])  # stable: flights of the same minute keep the order of the source
print("id,departure,delay_minutes,distance_miles,origin,destination")
for number, flight in enumerate(flights, start=1):
    departure = flight["date"].replace("/", "-").replace(" ", "T")
    print(f"F{number:05d},{departure},{flight['delay']},{flight['distance']},{flight['origin']},{flight['destination']}")
