{{ changed_voters(false, earlier_columns()) }}
