{{ stage_wa_voters(source('wa', 'wa_voters')) }}
