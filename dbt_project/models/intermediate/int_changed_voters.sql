{{ changed_voters(true) }}
