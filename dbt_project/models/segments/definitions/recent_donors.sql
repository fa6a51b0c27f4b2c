{{ gave_last('<= 365') }}
