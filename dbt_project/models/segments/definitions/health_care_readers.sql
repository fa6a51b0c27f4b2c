{{ readers_on('health care') }}
