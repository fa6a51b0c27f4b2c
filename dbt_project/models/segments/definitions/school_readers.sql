{{ readers_on('schools') }}
