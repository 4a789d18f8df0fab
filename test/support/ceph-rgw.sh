#!/bin/bash
# A real S3 server for tests: Ceph on one node (monitor, one store in memory, RADOS gateway), loopback only, as root, without
# systemd. Debian: apt-get install -y --no-install-recommends ceph-mon ceph-osd ceph-common radosgw
# Use: ceph-rgw.sh FOLDER S3_PORT MON_PORT -> http://127.0.0.1:S3_PORT, path style, key AKTEST, secret SKTEST, any region.
# Ready in about 12 s. Stop: kill the processes whose ids stand in FOLDER/{rgw,osd,mon}.pid.
set -e
D=$1; RP=$2; MP=$3
mkdir -p "$D/mon" "$D/osd" "$D/run"
FSID=$(cat /proc/sys/kernel/random/uuid)
cat > "$D/ceph.conf" <<C
[global]
fsid = $FSID
auth cluster required = none
auth service required = none
auth client required = none
mon host = v1:127.0.0.1:$MP
mon initial members = a
public network = 127.0.0.0/8
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
mon pg warn min per osd = 0
osd pool default pg autoscale mode = off
run dir = $D/run
admin socket = $D/run/\$name.\$pid.asok
log file = $D/\$name.log
mon data = $D/mon
osd data = $D/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd class load list = *
osd class default list = *
crash dir = $D
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$RP tcp_nodelay=1
rgw thread pool size = 64
rgw_s3_auth_use_keystone = false
rgw enable usage log = false
rgw data = $D
rgw lifecycle work time = 00:00-00:01
rgw enable ops log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw enable apis = s3,admin
C
export CEPH_CONF="$D/ceph.conf"
monmaptool --create --addv a "v1:127.0.0.1:$MP" --fsid "$FSID" "$D/monmap" >/dev/null
ceph-mon --mkfs -i a -c "$D/ceph.conf" --monmap "$D/monmap" 2>/dev/null
ceph-mon -i a -c "$D/ceph.conf" --pid-file "$D/mon.pid"
UUID=$(cat /proc/sys/kernel/random/uuid)
ID=$(timeout 30 ceph -c "$D/ceph.conf" osd create "$UUID")
ceph-osd -i "$ID" -c "$D/ceph.conf" --mkfs --osd-uuid "$UUID" 2>/dev/null
# Under Ceph 18 the first start loses a race ("wrong fsid") and the next one works.
for _ in 1 2 3 4 5; do
  ceph-osd -i "$ID" -c "$D/ceph.conf" --pid-file "$D/osd.pid" 2>/dev/null || true
  sleep 1
  kill -0 "$(cat "$D/osd.pid" 2>/dev/null)" 2>/dev/null && break
done
for _ in $(seq 1 60); do ceph -c "$D/ceph.conf" osd stat 2>/dev/null | grep -q '1 up' && break; sleep .3; done
radosgw -c "$D/ceph.conf" -n client.rgw --pid-file "$D/rgw.pid"
for _ in $(seq 1 200); do (exec 3<>"/dev/tcp/127.0.0.1/$RP") 2>/dev/null && break; sleep .3; done
timeout 60 radosgw-admin -c "$D/ceph.conf" -n client.rgw user create --uid=t --display-name=t \
  --access-key=AKTEST --secret-key=SKTEST >/dev/null 2>"$D/admin.err"
