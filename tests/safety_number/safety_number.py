"""Makes safety numbers from the words in src/smime/safety_number.rs alone.

Standard input: a JSON list of {"people": [{"address", "keys": [hexadecimal SubjectPublicKeyInfo]}, …two]}.
Standard output: a JSON list of {"number", "qr"}.
"""

import hashlib
import json
import sys


def lp(octets):
    return len(octets).to_bytes(4, "big") + octets


def half(person):
    local, _, domain = person["address"].rpartition("@")
    address = local + "@" + domain.lower()
    keys = sorted({bytes.fromhex(key) for key in person["keys"]})
    parts = [b"waxseal safety number 1", address.encode(), *keys]
    return hashlib.sha512(b"".join(lp(part) for part in parts)).digest()


def number(case):
    halves = sorted(half(person) for person in case["people"])
    digits = "".join(f"{int.from_bytes(half, 'big') % 10**36:036d}" for half in halves)
    return {
        "number": " ".join(digits[at : at + 6] for at in range(0, 72, 6)),
        "qr": "WAXSEAL-SAFETY-NUMBER:1:" + ":".join(half.hex().upper() for half in halves),
    }


json.dump([number(case) for case in json.load(sys.stdin)], sys.stdout)
