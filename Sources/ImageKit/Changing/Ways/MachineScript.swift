/// The first process of a guest that runs some of its programs in a virtual machine, and nothing else: no service is started, and
/// no other trace of a start is left.
///
/// It finds its disks by the serial numbers that the machine gives them, runs one command after the other until one fails, writes
/// how it went on a disk without a file system, and switches the machine off.
struct MachineScript {
    /// With their programs' whole paths.
    let commands: [[String]]
    /// Beside the root, in the order in which they are mounted.
    let mountPoints: [String]

    var text: String {
        let mounts = mountPoints.map { "mount \(Self.quoted($0)) || fail 0 $?\n" }.joined()
        let unmounts = mountPoints.reversed().map { "    umount \(Self.quoted($0))\n" }.joined()
        let runs = commands.enumerated().map { number, command in
            "run \(number + 1) \(command.map(Self.quoted).joined(separator: " "))\n"
        }.joined()
        return Self.head + "finish() {\n    sync\n    kill -9 -1\n    umount \(GuestChange.place)\n\(unmounts)"
            + Self.tail
            + mounts + Self.preparation + runs + "echo done >\"$answer\"\nfinish\n"
    }

    private static func quoted(_ word: String) -> String { "'\(word.replacing("'", with: "'\\''"))'" }

    private static let head = """
        #!/bin/sh
        export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
        export DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1
        # A first process has none.
        umask 022
        exec </dev/null >/dev/console 2>&1
        answer=/dev/null seed= said=/run/eulerpublisher-said

        """

    private static let tail = """
            mount -o remount,ro /
            sync
            echo 1 >/proc/sys/kernel/sysrq
            echo o >/proc/sysrq-trigger
            sleep 30
            exit 1
        }
        fail() {
            echo "eulerpublisher: command $1 ended with status $2"
            { echo "failed $1 $2"; tail -c 60000 $said; } >"$answer"
            finish
        }
        run() {
            number=$1
            shift
            echo "eulerpublisher: $*"
            "$@" >$said 2>&1 || fail "$number" $?
        }
        [ -e /proc/mounts ] || mount -t proc proc /proc
        [ -e /sys/block ] || mount -t sysfs sysfs /sys
        [ -e /run/udev ] || mount -t tmpfs -o mode=755 tmpfs /run
        mount -o remount,rw / || exit 1
        for attempt in 1 2 3 4 5 6 7 8 9 10; do
            for disk in /sys/block/vd*; do
                serial=
                read -r serial <"$disk/serial"
                case $serial in
                ep-seed) seed=/dev/${disk##*/} ;;
                ep-answer) answer=/dev/${disk##*/} ;;
                esac
            done
            [ -b "$seed" ] && [ -b "$answer" ] && break
            sleep 1
        done
        : >$said

        """

    private static let preparation = """
        mkdir -p /dev/pts /dev/shm \(GuestChange.place)
        mount -t devpts devpts /dev/pts
        mount -t tmpfs -o mode=1777 tmpfs /dev/shm
        mount "$seed" \(GuestChange.place) || fail 0 $?
        modprobe virtio_net
        for card in /sys/class/net/*; do
            card=${card##*/}
            [ "$card" = lo ] && continue
            ip link set "$card" up
            ip addr add 10.0.2.15/24 dev "$card"
            ip route add default via 10.0.2.2
            echo nameserver 10.0.2.3 >/run/eulerpublisher-names
            [ -f /etc/resolv.conf ] && mount --bind /run/eulerpublisher-names /etc/resolv.conf
        done

        """
}
