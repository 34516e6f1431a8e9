{#-
The words of a name, in lower case. Split at everything that is not a letter or digit, between a letter and a digit
(svc01), from lower to upper case (apiUser) and before the last capital of a run (APIUser). DuckDB's regular
expressions know no look-around, so the borders are made blanks first.
-#}
{% macro words(text) -%}
    list_filter(
        string_split(
            lower(
                {{ split_at('(\\p{Lu})(\\p{Lu}\\p{Ll})',
                    split_at('(\\p{Ll})(\\p{Lu})',
                        split_at('(\\p{Nd})(\\p{L})',
                            split_at('(\\p{L})(\\p{Nd})',
                                "regexp_replace(" ~ text ~ ", '[^\\p{L}\\p{Nd}]+', ' ', 'g')")))) }}
            ),
            ' '
        ),
        lambda word: word <> ''
    )
{%- endmacro %}

{% macro split_at(border, text) -%}
    regexp_replace({{ text }}, '{{ border }}', '\1 \2', 'g')
{%- endmacro %}

{#- The words of a name, and each two neighbours joined: 'Break Glass' has breakglass. -#}
{% macro words_and_pairs(text) -%}
    list_concat(
        {{ words(text) }},
        list_transform(
            list_zip({{ words(text) }}, {{ words(text) }}[2:], true), lambda pair: concat(pair[1], pair[2])
        )
    )
{%- endmacro %}
