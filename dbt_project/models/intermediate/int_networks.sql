-- The network of each address that integration users' logins came from: IPv4 /24, IPv6 /48. What is no address, such
-- as 'Salesforce.com IP', has none.
with texts as (
    select distinct
        source_ip as text,
        false as is_known_network
    from {{ ref('int_integration_logins') }}
    where source_ip is not null
    union all
    select
        network,
        true
    from {{ ref('stg_policy__known_networks') }}
),

-- Octets of IPv4, or the eight groups of IPv6 with '::' written out.
parts as (
    select
        text,
        is_known_network,
        try_cast(split_part(text, '/', 2) as integer) as prefix,
        -- The dotted end of a mapped IPv4 address is two more groups, which no /48 reaches.
        regexp_replace(lower(trim(split_part(text, '/', 1))), ':\d+\.\d+\.\d+\.\d+$', ':0:0') as address,
        regexp_full_match(
            address, '(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}'
        ) as is_v4,
        list_filter(string_split(split_part(address, '::', 1), ':'), lambda part: part <> '') as head,
        list_filter(string_split(split_part(address, '::', 2), ':'), lambda part: part <> '') as tail,
        if(
            contains(address, '::'),
            head || list_transform(range(greatest(8 - len(head) - len(tail), 0)), lambda gap: '0') || tail,
            head
        ) as groups,
        not is_v4
        and len(groups) = 8
        -- '::' stands once, for at least one group; no other colon stands at an end or beside another.
        and len(string_split(address, '::')) <= if(len(head) + len(tail) < 8, 2, 1)
        and not regexp_matches(address, ':::|^:[^:]|[^:]:$')
        and len(list_filter(groups, lambda part: not regexp_full_match(part, '[0-9a-f]{1,4}'))) = 0 as is_v6
    from texts
),

addresses as (
    select
        text,
        is_known_network,
        prefix,
        case
            when is_v4 then regexp_extract(address, '^\d+\.\d+\.\d+') || '.0/24'
            when is_v6 then
                regexp_replace(
                    list_aggregate(
                        list_transform(groups[1:3], lambda part: coalesce(nullif(ltrim(part, '0'), ''), '0')),
                        'string_agg',
                        ':'
                    ),
                    '(^|:)0(:0)*$',
                    ''
                ) || '::/48'
        end as network,
        case
            when is_v4
                then list_aggregate(
                    list_transform(
                        string_split(address, '.'), lambda part: lpad(to_base(try_cast(part as integer), 2), 8, '0')
                    ),
                    'string_agg',
                    ''
                )
            when is_v6
                then list_aggregate(
                    list_transform(
                        groups, lambda part: lpad(to_base(try_cast('0x' || part as integer), 2), 16, '0')
                    ),
                    'string_agg',
                    ''
                )
        end as bits
    from parts
)

select distinct
    seen.text as source_ip,
    seen.network,
    known.text is not null as is_known
from addresses as seen
left join addresses as known
    on
        known.is_known_network
        and length(seen.bits) = length(known.bits)
        and starts_with(seen.bits, left(known.bits, coalesce(known.prefix, 128)))
where not seen.is_known_network
