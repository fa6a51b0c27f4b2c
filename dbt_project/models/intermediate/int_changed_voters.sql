{{ changed_voters(true, registration_columns()) }}
