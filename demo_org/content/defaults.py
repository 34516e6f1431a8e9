"""What Salesforce fills in by itself on every record: who made it and when, languages, versions."""

import duckdb

from demo_org.content.ledger import Ledger
from demo_org.content.planted import moment
from demo_org.schema import SOBJECTS


def set_defaults(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Returns the org's columns the values of fields that no record leaves empty; a record's own value wins."""
    founded = f"'{moment(ledger.ago(days=3000))}'"
    administrator = f"'{ledger.ids.number('User', 1)}'"
    everywhere = {
        "CreatedDate": founded,
        "CreatedById": administrator,
        "LastModifiedDate": founded,
        "LastModifiedById": administrator,
        "SystemModstamp": founded,
        "Language": "'en_US'",
        "LanguageLocaleKey": "'en_US'",
        "LocaleSidKey": "'en_IE'",
        "DefaultLocaleSidKey": "'en_IE'",
        "TimeZoneSidKey": "'Europe/Berlin'",
        "EmailEncodingKey": "'UTF-8'",
        "SortOrder": "1",
    }
    special = {
        "AuthSession": {"UserType": "'Standard'", "SourceIp": "'198.51.100.17'"},
        "LoginHistory": {
            "LoginUrl": "'meridian.my.salesforce.com'",
            "TlsProtocol": "'TLS 1.3'",
            "CipherSuite": "'TLS_AES_256_GCM_SHA384'",
            "ApiVersion": "'N/A'",
            "ClientVersion": "'N/A'",
            "OptionsIsPost": "true",
        },
        # A token row holds three credentials: whoever reads one has gone too far
        "OauthToken": {
            "AccessToken": "'REFRESH-TOKEN-NOBODY-MAY-READ'",
            "RequestToken": "'REQUEST-TOKEN-NOBODY-MAY-READ'",
            "DeleteToken": "'DELETE-TOKEN-NOBODY-MAY-READ'",
        },
    }
    for sobject in SOBJECTS.values():
        if sobject.running_user_only:
            continue
        values = {
            name: value for name, value in everywhere.items() if (field := sobject.field(name)) and not field.nillable
        }
        for name, value in (values | special.get(sobject.name, {})).items():
            connection.execute(f'alter table org."{sobject.name}" alter "{name}" set default {value}')
