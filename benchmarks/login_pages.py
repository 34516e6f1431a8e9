"""Makes pages of LoginHistory as Salesforce sends them: JSON of 2,000 records, gzipped, oldest login first.

A page is kept as its records alone, deflated, with the figures that a gzip trailer needs, so that any envelope can be
put before them without compressing the records again.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)
SPAN = timedelta(days=183)
PAGE_ROWS = 2_000
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

_RECORDS = """
    select string_agg(record, ',') from (
        select cast(to_json({
            attributes: {type: 'LoginHistory', url: '/services/data/v67.0/sobjects/LoginHistory/' || id},
            "Id": id,
            "UserId": '005Hs00000' || substr(base64(cast(pick(n % 5003, 'user') as varchar)::blob), 1, 5) || 'IAU',
            "LoginTime": strftime(
                $start::timestamptz + to_milliseconds(cast((n + pick(n, 'jitter') % 1000 / 1000) * $step as bigint)),
                '%Y-%m-%dT%H:%M:%S.%g+0000'
            ),
            "LoginType": ['Application', 'Remote Access 2.0', 'SAML Sfdc Initiated SSO', 'Other Apex API'][1 + kind],
            "LoginSubType": case kind when 1 then 'OauthRefreshToken' end,
            "Status": case when pick(n, 'status') % 50 = 0 then 'Invalid Password' else 'Success' end,
            "Application": ['Browser', 'Salesforce for Outlook', 'DataLoader Bulk', 'Marketing Cloud'][1 + kind],
            "Browser": ['Chrome 142', 'Unknown', 'Firefox 140', 'Java (Salesforce.com)'][1 + pick(n, 'browser') % 4],
            "Platform": ['Windows 11', 'Unknown', 'Mac OSX'][1 + pick(n, 'platform') % 3],
            "ApiType": case kind when 3 then 'SOAP Partner' end,
            "SourceIp": concat_ws('.', 1 + pick(n % 20011, 'a') % 220, pick(n % 20011, 'b') % 256,
                pick(n % 20011, 'c') % 256, pick(n % 20011, 'd') % 256),
            "CountryIso": ['US', 'DE', 'GB', 'FR', 'IN'][1 + pick(n % 20011, 'a') % 5],
            "AuthenticationServiceId":
                case kind when 2 then '0SOHs000000' || lpad((n % 7)::varchar, 4, '0') || 'GAA' end
        }) as varchar) as record
        from (
            select n, '0YaHs000' || to_base((n * 2654435761) % 4294967296, 36, 7) || 'KAA' as id,
                pick(n, 'kind') % 4 as kind
            from range($first, $first + $rows) as logins (n)
        )
    )
"""


@dataclass(frozen=True)
class Records:
    """The records of one page.

    Attributes:
        first: When the first of them logged in, as SOQL writes it.
        deflated: Their JSON from the opening bracket to the end of the page, deflated.
        plain: How long that is.
        crc: Its CRC-32.
    """

    first: str
    deflated: bytes
    plain: int
    crc: int

    def page(self, envelope: str) -> bytes:
        """Returns a page, gzipped.

        Args:
            envelope: What stands before the records, e.g. `{"totalSize":1,"done":true,"records":`.
        """
        head = envelope.encode()
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
        crc = _joined_crc(zlib.crc32(head), self.crc, self.plain)
        trailer = crc.to_bytes(4, "little") + (len(head) + self.plain).to_bytes(4, "little")
        return _GZIP_HEADER + packed + self.deflated + trailer


def make_pages(rows: int) -> list[Records]:
    """Makes the pages of so many logins, spread evenly over six months before `NOW`."""
    step = SPAN.total_seconds() * 1000 / rows
    made = []
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create macro pick(n, what) as cast(hash(n, what) >> 1 as bigint)")
        for first in range(0, rows, PAGE_ROWS):
            asked = {"start": NOW - SPAN, "step": step, "first": first, "rows": min(PAGE_ROWS, rows - first)}
            (records,) = connection.execute(_RECORDS, asked).fetchall()[0]
            plain = f"[{records}]}}".encode()
            packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
            deflated = packer.compress(plain) + packer.flush()
            begins = NOW - SPAN + timedelta(milliseconds=first * step)
            made.append(Records(f"{begins:%Y-%m-%dT%H:%M:%SZ}", deflated, len(plain), zlib.crc32(plain)))
    return made


def _joined_crc(first: int, second: int, length: int) -> int:
    """Returns the CRC-32 of two byte strings in a row; `length` is the second's."""
    moved, zeros = zlib.crc32(b"", first), bytes(65536)
    empty = 0
    for start in range(0, length, len(zeros)):
        part = zeros[: min(len(zeros), length - start)]
        moved, empty = zlib.crc32(part, moved), zlib.crc32(part, empty)
    return moved ^ empty ^ second
