# First process of a guest, once the machine's files are its root: a system that is ready for tests, then the tests, then off.
# Arguments: the project's folder, and the command that runs the tests.
exec >/dev/ttyS1 2>&1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t sysfs sys /sys
mount -t tracefs trace /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t tmpfs memory /run
mkdir -p /dev/pts /dev/shm && mount -t devpts pts /dev/pts && mount -t tmpfs memory /dev/shm

# Where modprobe is no program of the machine, it is one of busybox.
printf '#!/bin/sh\nexec busybox modprobe "$@"\n' >/run/modprobe
chmod 755 /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
ip link set lo up

cd "$1" && shift && "$@"
echo "ended with $?"
exec busybox poweroff -f
