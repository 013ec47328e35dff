"""What somebody may put into a code that is held up: texts that lead elsewhere, or try to.

None is ever valid, none is followed, and every verifier says the same of it. A genuine certificate behind another host
is not among them: its signature decides, and the answer tells the other host (`address_other`).
"""

from typing import Final

from tests.verification.test_vectors import vector
from verification.qr import pack, unpack

GENUINE: Final[str] = vector("code-good")["token"]
_TOKEN = unpack(GENUINE).token
_FORGED_TOKEN = _TOKEN[:-1] + bytes([_TOKEN[-1] ^ 1])
_DIGITS, _FORGED = (pack(token, "").removeprefix("/v#") for token in (_TOKEN, _FORGED_TOKEN))
_DOCUMENT = vector("document-good")["token"]
_NUMBER = "7Q4M-2XKD-9RTB-0HWC"

HOSTILE_CODES: Final[dict[str, str]] = {
    # Hosts: what they show is not ours, and is not fetched.
    "another host": f"https://evil.example/v#{_FORGED}",
    "a host that ends in ours": f"https://evil-bevis.example/v#{_FORGED}",
    "our host as a part of another": f"https://bevis.example.evil.example/v#{_FORGED}",
    "a host that looks like ours in Cyrillic": f"https://b\u0435vis.example/v#{_DIGITS}",
    "the same in punycode": f"https://xn--bvis-lna.example/v#{_FORGED}",
    "wide letters": f"https://\uff42\uff45\uff56\uff49\uff53.example/v#{_DIGITS}",
    "a wide dot": f"https://bevis\uff0eexample/v#{_DIGITS}",
    "a letter that upper-cases to ours": f"https://bev\u0131s.example/v#{_DIGITS}",
    "a long s": f"https://bevi\u017f.example/v#{_DIGITS}",
    "text turned around": f"https://elpmaxe.\u202esiveb/v#{_DIGITS}",
    "a mark of no width": f"https://bevis\u200b.example/v#{_DIGITS}",
    "an address of this machine": f"http://127.0.0.1:8000/v#{_FORGED}",
    "an address of another machine's data": f"http://169.254.169.254/latest/v#{_FORGED}",
    "a port of its own": f"https://bevis.example:8443/v#{_FORGED}",
    # Users, paths and redirects.
    "our host as a user": f"https://bevis.example@evil.example/v#{_DIGITS}",
    "our host as a user with a password": f"https://bevis.example:pass@evil.example/v#{_DIGITS}",
    "a user of ours": f"https://user@bevis.example/v#{_DIGITS}",
    "a redirect": f"https://evil.example/redirect?to=https://bevis.example/v#{_DIGITS}",
    "a redirect on our host": f"https://bevis.example/out?url=https://evil.example/v#{_DIGITS}",
    "a path that goes up": f"https://bevis.example/%2e%2e/v#{_DIGITS}",
    "a backslash": f"https://evil.example\\@bevis.example/v#{_DIGITS}",
    "two fragments": f"https://evil.example/v#https://bevis.example/v#{_DIGITS}",
    "no scheme": f"//bevis.example/v#{_DIGITS}",
    "a number on another host": f"https://evil.example/v/{_NUMBER}",
    "a number, and where to go then": f"https://bevis.example/v/{_NUMBER}?next=https://evil.example",
    # Other schemes: nothing is run, called, sent or joined.
    "a script": f"javascript:alert(1)//https://bevis.example/v#{_DIGITS}",
    "a script in capitals": f"JaVaScRiPt:location='https://evil.example'//{_DIGITS}",
    "a script after a line feed": f"https://bevis.example/v\njavascript:alert(1)#{_DIGITS}",
    "a page as data": "data:text/html,<script>alert(1)</script>",
    "a file": f"file:///etc/passwd/v#{_DIGITS}",
    "a blob": f"blob:https://bevis.example/v#{_DIGITS}",
    "an intent": f"intent://bevis.example/v#{_DIGITS};scheme=https;end",
    "a call": "tel:+4612345678",
    "a message": "SMSTO:+4612345678:STOP",
    "a network": "WIFI:T:WPA;S:bevis.example;P:secret;;",
    "a key for one-time codes": "otpauth://totp/bevis.example?secret=JBSWY3DPEHPK3PXP",
    # Size, and what is nearly one.
    "four kilobytes of digits": "1" + "9" * 4095,
    "four kilobytes after our address": "https://bevis.example/v#1" + "0" * 4071,
    "four kilobytes of path": "https://bevis.example/" + "a/" * 2030 + f"v#{_FORGED}",
    "digits of another script": f"https://bevis.example/v#{_DIGITS}".translate(
        str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
    ),
    "two codes in one": f"{GENUINE}\n{GENUINE}",
    "markup around it": f'<a href="https://evil.example">{GENUINE}</a>',
    "a document without a signature": _DOCUMENT.rpartition(".")[0] + ".",
    "a template": "{{constructor.constructor('alert(1)')()}}",
    "the name of what every object has": "__proto__",
    "nothing": "",
}
