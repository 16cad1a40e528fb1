#!/usr/bin/env bash
# Measures the relay beside coturn, in alternation: CPU for a relayed packet, latency, memory for an allocation, many allocations.
#   relay.sh LOAD PROBE ADDRESS SECRET PID PORT [ROUNDS]
# LOAD and PROBE are the programs of the load generator; ADDRESS, SECRET and PID those of a running Parlor without quotas that matter;
# PORT is a free one for coturn.
set -euo pipefail
load=$1 probe=$2 address=$3 secret=$4 pid=$5 port=$6 rounds=${7:-9}
work=$(mktemp -d)
coturn=
cleanup() { [ -z "$coturn" ] || kill "$coturn" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

contenders=("parlor $address $pid")
if command -v turnserver >/dev/null; then
  turnserver -n -L 127.0.0.1 -p "$port" -r parlor --use-auth-secret --static-auth-secret "$secret" --allow-loopback-peers \
    --no-cli --no-tls --no-dtls --cli-password x --log-file /dev/null --no-stdout-log --pidfile "$work/pid" >"$work/coturn.log" 2>&1 &
  coturn=$!
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    sleep 0.1
  done
  contenders+=("coturn 127.0.0.1:$port $coturn")
else
  echo "without comparison: coturn is not here"
fi

# figures NAME MODE: the load generator's line as "NAME MODE key=value...".
figures() { sed -nE "s/.* loss=([0-9.-]+)% cpu=([0-9.]+)us\/pkt p50=([0-9]+)us p99=([0-9]+)us.*/$1 $2 cpu_us=\2 p50_us=\3 p99_us=\4 loss_pct=\1/p"; }

# First, because memory that was used once is used again.
for contender in "${contenders[@]}"; do
  read -r name where process <<<"$contender"
  "$probe" "$where" "$secret" "$process" mem | sed -nE "s/.* = ([0-9.]+) kB each.*/$name allocation memory_kb=\1/p"
done
for _ in $(seq "$rounds"); do
  for contender in "${contenders[@]}"; do
    read -r name where process <<<"$contender"
    for transport in udp tcp; do
      "$load" "$where" "$secret" rr $transport 8 10000 2 1100 "$process" | figures "$name" "relay-$transport"
    done
  done
done
for _ in $(seq "$rounds"); do
  for pairs in 8 500; do
    "$load" "$address" "$secret" rr udp "$pairs" 10000 2 1100 "$pid" | figures parlor "allocations-$((2 * pairs))"
  done
done
