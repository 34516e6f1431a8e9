{#- What everything is cross joined with: without a row nothing is found, with two everything is found twice. -#}
{% test one_row(model) %}
    select count(*) as rows_found from {{ model }} having count(*) <> 1
{% endtest %}
