select word from {{ source('policy', 'name_words') }}
