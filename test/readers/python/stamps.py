"""RFC 3161 time stamps (FORMAT.md §12.1): what they say is read here; signatures and certificate paths are `openssl`'s."""

import base64
import datetime
import hashlib
import os
import re
import subprocess
import tempfile

from canonical import EPOCH

MAX_RECEIPT = 256 * 1024
SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
ESS_CERT_ID, ESS_CERT_ID_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.3.14.3.2.26": "sha1",
}
# Signatures over SHA-1 or MD5: RSA, ECDSA, DSA.
WEAK = ("1.3.14.3.2.26", "1.2.840.113549.2.5", "1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.2.840.10040.4.3")


class Bad(Exception):
    """The time stamp is invalid."""


class Unknown(Exception):
    """Whose time stamp it is cannot be told."""


# --- DER -----------------------------------------------------------------------------------------------------------


class Der:
    """One element: its tag, its contents, its children if it has any, and its whole bytes."""

    def __init__(self, data, start, end, depth=0):
        if end - start < 2 or depth > 30:
            raise Bad("no DER")
        self.tag, length, at = data[start], data[start + 1], start + 2
        if self.tag & 0x1F == 0x1F:
            raise Bad("a long tag")
        if length >= 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count], "big")
            if not 1 <= count <= 4 or at + count > end or length < 0x80 or length < 1 << 8 * (count - 1):
                raise Bad("a length that is no DER")
            at += count
        if at + length > end:
            raise Bad("cut off")
        self.contents, self.whole, self.end = data[at : at + length], data[start : at + length], at + length
        self.items = []
        if self.tag & 0x20:
            while at < self.end:
                self.items.append(Der(data, at, self.end, depth + 1))
                at = self.items[-1].end

    def need(self, tag, items=0):
        if self.tag != tag or len(self.items) < items:
            raise Bad(f"tag {self.tag:02x} where {tag:02x} belongs")
        return self

    def oid(self):
        data = self.need(0x06).contents
        parts, value = [], 0
        for byte in data:
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                parts.append(value)
                value = 0
        if not parts or data[-1] >= 0x80:
            raise Bad("no object identifier")
        first = min(parts[0] // 40, 2)
        return ".".join(map(str, [first, parts[0] - 40 * first, *parts[1:]]))

    def integer(self):
        if self.tag not in (0x02, 0x80, 0x81) or not self.contents:
            raise Bad("no integer")
        return int.from_bytes(self.contents, "big", signed=True)


def whole_der(data):
    found = Der(data, 0, len(data))
    if found.end != len(data):
        raise Bad("bytes after its end")
    return found


# --- Certificates --------------------------------------------------------------------------------------------------


class Certificate:
    def __init__(self, der):
        body = list(der.need(0x30, 3).items[0].need(0x30, 6).items)
        if body[0].tag == 0xA0:
            body.pop(0)
        self.der = der.whole
        self.serial, self.issuer, self.subject = body[0].contents, body[2].whole, body[4].whole
        self.ends = moment(body[3].need(0x30, 2).items[1])[0]
        algorithm, bits = body[5].need(0x30, 2).items
        self.rsa_bits = None
        if algorithm.need(0x30, 1).items[0].oid().startswith("1.2.840.113549.1.1."):
            modulus = whole_der(bits.contents[1:]).need(0x30, 2).items[0]
            self.rsa_bits = modulus.integer().bit_length()
        self.key_id = next(
            (
                whole_der(extension.items[-1].contents).contents
                for extensions in body[6:]
                if extensions.tag == 0xA3
                for extension in extensions.items[0].items
                if extension.items[0].oid() == "2.5.29.14"
            ),
            None,
        )


def moment(der):
    """A UTCTime or GeneralizedTime as (milliseconds, the unit of its last digit in milliseconds)."""
    text = der.contents.decode("latin-1")
    if der.tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    match = re.fullmatch(r"([0-9]{14})(?:\.([0-9]*[1-9]))?Z", text)
    if not match or (der.tag not in (0x17, 0x18)):
        raise Bad("no time")
    try:
        at = datetime.datetime.strptime(match[1], "%Y%m%d%H%M%S") - EPOCH
    except ValueError as error:
        raise Bad("no time") from error
    fraction = match[2] or ""
    milliseconds = (at.days * 86_400 + at.seconds) * 1000 + int((fraction + "000")[:3])
    return milliseconds, max(1, 1000 // 10 ** len(fraction))


def read_roots(path):
    with open(path, encoding="latin-1") as file:
        return roots_in(file.read())


def roots_in(text):
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S)
    return [pem_certificate(block) for block in blocks]


def pem_certificate(block):
    return Certificate(whole_der(base64.b64decode("".join(block.split("\n")[1:-1]))))


def pem(certificates):
    return "".join(
        f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(c.der).decode()}-----END CERTIFICATE-----\n" for c in certificates
    )


# --- Tokens --------------------------------------------------------------------------------------------------------


class Token:
    """What a token says; made only if everything in it fits together, its signature included."""

    def __init__(self, token, digest):
        signed = self.read(token)
        self.check_imprint(digest)
        carried = next((item for item in signed if item.tag == 0xA0), None)
        self.carried = [Certificate(item) for item in (carried.items if carried else []) if item.tag == 0x30]
        infos = signed[-1].need(0x31).items
        if len(infos) != 1:
            raise Bad(f"{len(infos)} signers")
        self.check_signer(infos[0].need(0x30, 5).items)
        self.check_signature(token.whole)

    def read(self, token):
        kind, content = token.need(0x30, 2).items[:2]
        if kind.oid() != SIGNED_DATA:
            raise Bad("no signed data")
        signed = content.need(0xA0, 1).items[0].need(0x30, 4).items
        held = signed[2].need(0x30, 2).items
        if held[0].oid() != TST_INFO:
            raise Bad("no time stamp")
        self.content = held[1].need(0xA0, 1).items[0].need(0x04).contents
        info = whole_der(self.content).need(0x30, 5).items
        if info[0].integer() != 1:
            raise Bad("not version 1")
        imprint = info[2].need(0x30, 2).items
        self.imprint = imprint[0].need(0x30, 1).items[0].oid(), imprint[1].need(0x04).contents
        self.at, accuracy = moment(info[4].need(0x18))
        for item in info[5:]:
            if item.tag == 0x30:
                accuracy = sum(i.integer() * {0x02: 1_000_000, 0x80: 1000, 0x81: 1}[i.tag] for i in item.items)
                accuracy = -(-accuracy // 1000)
                self.earliest = self.at - accuracy
                break
        else:
            self.earliest = self.at
        self.latest = self.at + accuracy
        return signed

    def check_imprint(self, digest):
        if HASHES.get(self.imprint[0]) != "sha256" or self.imprint[1] != digest:
            raise Bad("a stamp of other bytes")

    def check_signer(self, info):
        who, hashing, attributes, signing = info[1], info[2], info[3], info[4]
        for algorithm in (hashing, signing):
            if algorithm.need(0x30, 1).items[0].oid() in WEAK:
                raise Bad("SHA-1 or MD5")
        values = {}
        for attribute in attributes.need(0xA0).items:
            name, given = attribute.need(0x30, 2).items
            if name.oid() in values or not given.need(0x31, 1).items:
                raise Bad("an attribute given twice")
            values[name.oid()] = given.items[0]
        if CONTENT_TYPE not in values or values[CONTENT_TYPE].oid() != TST_INFO:
            raise Bad("content type")
        name = HASHES.get(hashing.items[0].oid())
        if name is None or MESSAGE_DIGEST not in values or values[MESSAGE_DIGEST].contents != hashlib.new(name, self.content).digest():
            raise Bad("message digest")
        if who.tag == 0x30:
            signers = [c for c in self.carried if c.issuer == who.items[0].whole and c.serial == who.items[1].contents]
        else:
            signers = [c for c in self.carried if c.key_id is not None and c.key_id == who.contents]
        if not signers:
            raise Unknown("it does not carry its signer's certificate")
        self.signer = signers[0]
        if self.signer.rsa_bits is not None and self.signer.rsa_bits < 2048:
            raise Bad("a short RSA key")
        self.check_binding(values)

    def check_binding(self, values):
        """The signer's certificate under the signature: ESSCertID or ESSCertIDv2."""
        if ESS_CERT_ID not in values and ESS_CERT_ID_V2 not in values:
            raise Bad("the signer's certificate is not under the signature")
        if ESS_CERT_ID in values:
            first = values[ESS_CERT_ID].need(0x30, 1).items[0].need(0x30, 1).items[0].need(0x30, 1).items
            if first[0].contents != hashlib.sha1(self.signer.der).digest():
                raise Bad("another certificate is under the signature")
        if ESS_CERT_ID_V2 in values:
            first = values[ESS_CERT_ID_V2].need(0x30, 1).items[0].need(0x30, 1).items[0].need(0x30, 1).items
            name = "sha256"
            if first[0].tag == 0x30:
                name = HASHES.get(first.pop(0).need(0x30, 1).items[0].oid())
            if name is None or first[0].need(0x04).contents != hashlib.new(name, self.signer.der).digest():
                raise Bad("another certificate is under the signature")

    def check_signature(self, whole):
        """With all certificates that it carries taken for trusted."""
        with tempfile.TemporaryDirectory() as folder:
            token = os.path.join(folder, "token")
            with open(token, "wb") as file:
                file.write(whole)
            arguments = ["cms", "-verify", "-inform", "DER", "-in", token, "-out", os.devnull]
            if not openssl(folder, arguments, self.at, self.carried, []):
                raise Bad("its signature or its certificate")

    def path_ends(self, roots):
        """The first end of a certificate on its path to one of the roots."""
        found = []
        waiting = [[self.signer]]
        while waiting and len(found) < 10:
            path = waiting.pop(0)
            for root in roots:
                if root.subject == path[-1].issuer or root.der == path[-1].der:
                    whole = path if root.der == path[-1].der else [*path, root]
                    if self.leads_to(whole):
                        found.append(min(c.ends for c in whole))
            if len(path) < 8:
                waiting += [[*path, c] for c in self.carried if c.subject == path[-1].issuer and c not in path]
        if not found:
            raise Unknown("it leads to none of the roots")
        return max(found)

    def leads_to(self, path):
        with tempfile.TemporaryDirectory() as folder:
            leaf = os.path.join(folder, "leaf.pem")
            with open(leaf, "w", encoding="ascii") as file:
                file.write(pem(path[:1]))
            return openssl(folder, ["verify"], self.at, path[-1:], path[1:-1], [leaf])


def openssl(folder, arguments, at, trusted, between, rest=()):
    """Whether `openssl` says yes, at this time, with these certificates trusted."""
    given = []
    for name, certificates in (("-CAfile", trusted), ("-untrusted", between)):
        path = os.path.join(folder, f"{name[1:]}.pem")
        with open(path, "w", encoding="ascii") as file:
            file.write(pem(certificates))
        given += [name, path] if certificates else []
    if arguments[0] == "cms":
        given = [option if option != "-untrusted" else "-certfile" for option in given]
    command = ["openssl", *arguments, "-purpose", "timestampsign", "-attime", str(at // 1000), "-partial_chain", *given]
    command += ["-no-CAfile"] if not trusted else []
    command += ["-no-CApath", "-no-CAstore", *rest]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def read_response(receipt, digest):
    """The token in a TimeStampResp, checked against the SHA-256 of what was stamped."""
    if len(receipt) > MAX_RECEIPT:
        raise Bad("too large")
    try:
        response = whole_der(receipt).need(0x30, 2)
        status = response.items[0].need(0x30, 1).items[0].integer()
        if status not in (0, 1) or len(response.items) != 2:
            raise Bad(f"status {status}")
        return Token(response.items[1], digest)
    except (IndexError, KeyError, ValueError) as error:
        raise Bad(f"not what RFC 3161 says: {error}") from error
