# Usage: ports.bash ADDR BACKEND_API_ADDR. Fails with what to do if something already
# listens on one of the addresses, before a build that may take minutes.
free=true
while [ $# -gt 0 ]; do
	host=${1%:*} port=${1##*:}
	host=${host#[} host=${host%]}
	if [ "$1" != off ] && [ "$port" != 0 ] && (exec 3<>"/dev/tcp/${host:-localhost}/$port") 2>/dev/null; then
		echo "$1 is in use: stop the program that listens there, or choose other addresses: ADDR=localhost:9090 BACKEND_API_ADDR=off make run" >&2
		free=false
	fi
	shift
done
$free
