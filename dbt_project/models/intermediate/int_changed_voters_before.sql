{{ changed_voters(false) }}
