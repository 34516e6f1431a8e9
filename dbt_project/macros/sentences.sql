-- noqa: disable=LT02
{#-
The sentences of a finding, from the templates in its type's yml (config.meta.finding):

    summary      the finding in a sentence
    detail       the same for a row that already names its subject
    remediation  all steps
    own_steps    the steps that are this finding's own; null where all hold for every finding of the type

A template is a text; or a `text` with its `when`, a condition in SQL; or a list of these, of which the first that
applies is taken. A step that does not apply is left out. A text has placeholders, for the columns of the model:

    {column}             its value; 'unknown' where it is null, as in every format
    {column|count}       1,204
    {column|count:seat}  1 seat, 1,204 seats; of a list, how many it has; {column|count:country/countries}
    {column|date}        3 Nov 2026, in UTC
    {column|list}        the first five, and how many more there are
    {column|labels}      what `labels` of the yml call a code, or each of a list of codes; a label is a text like these
    {app_name|app}       'an app without a name' where it is blank
    {username|user}      the user's id where it is null, and 'an unknown user' where that is, too
-#}
{% macro sentences() -%}
    {#- dbt knows no yml while it parses a model, and none of the model in a unit test. -#}
    {%- set finding = model.config.get('meta', {}).get('finding') -%}
    {%- if finding -%}
        {%- set steps = [] -%}
        {%- set own_steps = [] -%}
        {%- for step in finding.steps -%}
            {%- do steps.append(sentence(step, finding)) -%}
            {%- if not is_shared(step) -%}
                {%- do own_steps.append(steps[-1]) -%}
            {%- endif -%}
        {%- endfor -%}
    {{ sentence(finding.summary, finding) }} as summary,
    {{ sentence(finding.detail, finding) }} as detail,
    concat_ws(' ', {{ steps | join(', ') }}) as remediation,
    {{ "nullif(concat_ws(' ', " ~ own_steps | join(', ') ~ "), '')" if own_steps else "cast(null as varchar)" }} as own_steps
    {%- else -%}
    {%- for name in ['summary', 'detail', 'remediation', 'own_steps'] -%}
        cast(null as varchar) as {{ name }}{{ ", " if not loop.last }}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether a step is the same for every finding of its type: then the report prints it once. -#}
{% macro is_shared(step) -%}
    {{ return(step is string and '{' not in step) }}
{%- endmacro %}

{#- A template as an SQL expression. -#}
{% macro sentence(template, finding) -%}
    {%- if template is string -%}
        {{ return(sentence_text(template, finding)) }}
    {%- endif -%}
    {%- set cases = [] -%}
    {%- for choice in ([template] if template is mapping else template) -%}
        {%- set text = sentence_text(choice.text, finding) -%}
        {%- do cases.append("when " ~ choice.when ~ " then " ~ text if choice.when else "else " ~ text) -%}
    {%- endfor -%}
    {{ return("case " ~ cases | join(" ") ~ " end") }}
{%- endmacro %}

{#- A text as an SQL expression. -#}
{% macro sentence_text(text, finding) -%}
    {%- set parts = [] -%}
    {#- What is between the parentheses of the pattern stands at the odd places. -#}
    {%- for part in modules.re.split('\\{(.+?)\\}', text | trim) -%}
        {%- if loop.index0 % 2 -%}
            {%- do parts.append(placeholder(part, finding)) -%}
        {%- elif part -%}
            {%- do parts.append("'" ~ part | replace("'", "''") ~ "'") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts | join(" || ")) }}
{%- endmacro %}

{#- What stands between braces as an SQL expression. -#}
{% macro placeholder(text, finding) -%}
    {%- set column = text.partition('|')[0] -%}
    {%- set format = text.partition('|')[2].partition(':')[0] -%}
    {%- set argument = text.partition(':')[2] -%}
    {%- if column not in model.columns -%}
        {{ exceptions.raise_compiler_error("No column " ~ column ~ ": {" ~ text ~ "}") }}
    {%- endif -%}
    {%- set is_list = model.columns[column].data_type.endswith('[]') -%}
    {%- if format == 'app' -%}
        {{ return("coalesce(nullif(trim(" ~ column ~ "), ''), 'an app without a name')") }}
    {%- elif format == 'user' -%}
        {{ return("coalesce(" ~ column ~ ", user_id, 'an unknown user')") }}
    {%- elif format == 'date' -%}
        {%- set value = day(column ~ " at time zone 'UTC'") -%}
    {%- elif format == 'list' -%}
        {%- set value = listed(column ~ "[:5]")
            ~ " || if(len(" ~ column ~ ") > 5, format(' and {:,} more', len(" ~ column ~ ") - 5), '')" -%}
    {%- elif format == 'labels' -%}
        {%- set value = labelled(column, is_list, finding) -%}
    {%- elif format == 'count' -%}
        {%- set value = counted("len(" ~ column ~ ")" if is_list else column, argument) -%}
    {%- elif not format -%}
        {%- set value = "cast(" ~ column ~ " as varchar)" -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("No format " ~ format ~ ": {" ~ text ~ "}") }}
    {%- endif -%}
    {{ return("coalesce(" ~ value ~ ", 'unknown')") }}
{%- endmacro %}

{#- A code, or each of a list of codes, by what the yml calls it. -#}
{% macro labelled(column, is_list, finding) -%}
    {%- set cases = [] -%}
    {%- for code, label in finding.labels[column].items() -%}
        {%- do cases.append("when '" ~ code ~ "' then " ~ sentence_text(label, finding)) -%}
    {%- endfor -%}
    {%- if not is_list -%}
        {{ return("case " ~ column ~ " " ~ cases | join(" ") ~ " else " ~ column ~ " end") }}
    {%- endif -%}
    {{ return(listed(
        "list_transform(" ~ column ~ ", lambda code: case code " ~ cases | join(" ") ~ " else code end)"
    )) }}
{%- endmacro %}

{% macro listed(values) -%}
    {{ return("list_aggregate(" ~ values ~ ", 'string_agg', ', ')") }}
{%- endmacro %}
