{{ stage_nc_voters(source('nc', 'nc_voters_previous')) }}
