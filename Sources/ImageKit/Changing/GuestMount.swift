import CSystem
public import Documents
import Glibc

/// A working image's file systems, mounted in this process's own namespaces: nothing of it is seen elsewhere on the machine, and
/// all of it ends with the process, however it ends.
///
/// But for the way `loop` the kernel parses no file system of the image: fuse2fs mounts its partitions, and what lies on FAT is
/// copied to a folder and, when it is done, back. One thread.
public final class GuestMount {
    public let root: GuestRoot
    /// What becomes of the guest's programs: where they can't be run, its files can be changed all the same.
    public private(set) var programs: GuestPrograms
    let request: ChangeRequest
    private let place: String
    /// The image, by a name in this process's folder that no program takes for more than letters.
    private static let disk = "disk"
    /// Mounted, in this order.
    private var mounts: [String] = []
    /// Processes that serve its file systems.
    public private(set) var servers: [Int32] = []
    private var fats: [FATFolder] = []

    /// - Throws: `Failure` if a program is missing, or a file system is not what it was said to be.
    public init(_ request: ChangeRequest) throws(Failure) {
        self.request = request
        place = request.folder + "/root"
        switch request.way {
        case .namespaces, .loop: programs = .here
        case .files: programs = .never
        case .boot: programs = .later(done: request.machine?.done ?? [])
        }
        guard eps_mounts_private() == 0 else {
            throw Failure(.refused, "this process has no mounts of its own", hint: "user namespaces must be allowed")
        }
        // What is copied and mounted lies in memory, and is gone with this process.
        let tmpfs = eps_mount("tmpfs", request.folder, "tmpfs", 0, "mode=700")
        guard tmpfs == 0 else { throw .guest("nothing can be mounted", request.folder, -tmpfs) }
        mkdir(place, 0o700)
        guard chdir(request.folder) == 0, symlink(request.image, Self.disk) == 0 else {
            throw .guest("cannot be entered", request.folder, errno)
        }
        if request.way.runsHere {
            do { try ForeignPrograms.register(request.architecture, in: request.folder + "/formats") } catch {
                programs = .unable(error)
            }
        }
        let disk = Self.disk
        if request.growsTable { try Command.must(["sfdisk", "-q", "--relocate", "gpt-bak-std", disk]) }
        let order = request.volumes.enumerated().sorted { $0.element.mountPoint < $1.element.mountPoint }
        guard order.first?.element.mountPoint == "/" else { throw Failure(.internal, "no root is among the volumes") }
        var made: GuestRoot?
        for (number, volume) in order {
            if volume.type == "vfat" {
                let copy = "fat\(number)"
                mkdir(copy, 0o755)
                fats.append(try FATFolder(view: "\(disk)@@\(volume.offset)", copy: copy))
                try made?.makeFolders(volume.mountPoint)
                guard eps_bind(copy, place + volume.mountPoint) == 0 else {
                    throw .guest("cannot be mounted", volume.mountPoint, errno)
                }
                mounts.append(place + volume.mountPoint)
            } else {
                // What a crash left is mended before anything is built on it: 1 says that it was.
                try Command.must(["e2fsck", "-fp", "\(disk)?offset=\(volume.offset)"], allowing: [0, 1])
                let target = volume.mountPoint == "/" ? "" : volume.mountPoint
                if volume.mountPoint != "/" { try made?.makeFolders(volume.mountPoint) }
                if request.way == .loop {
                    try LoopMount.mount(disk, volume, at: "root" + target, folder: request.folder)
                } else {
                    servers.append(try FuseMount.mount(disk, volume, at: "root" + target))
                }
                mounts.append(place + target)
            }
            if volume.mountPoint == "/" { made = try GuestRoot(place) }
        }
        root = made!
        switch request.way {
        case .namespaces, .loop:
            try mountKernel()
            try mountRun()
            try mountResolver()
        case .boot:
            // Of an earlier pass.
            try root.remove(MachineStart.program)
            try mountRun()
        case .files: break
        }
    }

    private func mount(_ type: String, _ path: String, _ options: String) throws(Failure) {
        try root.makeFolders(path)
        let status = eps_mount(type, place + path, type, 0, options)
        guard status == 0 else { throw .guest("cannot be mounted", path, -status) }
        mounts.append(place + path)
    }

    /// What programs of the guest expect of a running system.
    private func mountKernel() throws(Failure) {
        // Without the mode, redirections to /dev/null are refused by the sticky bit.
        try mount("tmpfs", "/dev", "mode=755,size=1m")
        for name in ["null", "zero", "full", "random", "urandom", "tty"] {
            let path = "\(place)/dev/\(name)"
            Glibc.close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666))
            guard eps_bind("/dev/\(name)", path) == 0 else { throw .guest("cannot be mounted", "/dev/\(name)", errno) }
            mounts.append(path)
        }
        for (name, target) in [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
            symlink(target, "\(place)/dev/\(name)")
        }
        mkdir("\(place)/dev/shm", 0o1777)
        chmod("\(place)/dev/shm", 0o1777)
        try mount("proc", "/proc", "")
        // What is there belongs to the machine, not to the guest.
        let sysctl = place + "/proc/sys"
        guard eps_bind(sysctl, sysctl) == 0, eps_read_only(sysctl) == 0 else {
            throw .guest("cannot be made read-only", "/proc/sys", errno)
        }
        mounts.append(sysctl)
    }

    /// What is written there is no part of the image.
    private func mountRun() throws(Failure) {
        try mount("tmpfs", "/run", "mode=755")
        try mountRepositories()
    }

    /// Folders of this machine's that packages come from: the guest's programs read them and cannot write there.
    private func mountRepositories() throws(Failure) {
        for (number, repository) in request.repositories.enumerated() where repository.isFolder {
            let path = GuestChange.folder(ofRepository: number)
            try root.makeFolders(path)
            guard eps_bind(repository.location, place + path) == 0, eps_read_only(place + path) == 0 else {
                throw .guest("cannot be mounted", repository.location, errno)
            }
            mounts.append(place + path)
        }
    }

    /// The servers of names that this machine asks, seen by the guest's programs and written nowhere in it.
    private func mountResolver() throws(Failure) {
        let copy = "\(request.folder)/resolv.conf"
        let file = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        let own = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC)
        if own >= 0 {
            var text = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(own, &text, text.count)
            if count > 0 { _ = Glibc.write(file, text, count) }
            Glibc.close(own)
        }
        Glibc.close(file)
        // Mostly a link to a file of /run, which is ours here.
        if let status = root.status("/etc/resolv.conf"), status.st_mode & S_IFMT == S_IFREG {
            guard eps_bind(copy, place + "/etc/resolv.conf") == 0 else { return }
            mounts.append(place + "/etc/resolv.conf")
        }
    }

    /// What the guest's programs left running would keep its file systems busy. Its /proc shows this namespace.
    private func endGuest() {
        guard request.way.runsHere else { return }
        let own = Set([1, getpid()] + servers)
        for name in (try? root.names("/proc")) ?? [] {
            if let pid = pid_t(name), !own.contains(pid) { kill(pid, SIGKILL) }
        }
        var status: Int32 = 0
        for _ in 0..<100 where waitpid(-1, &status, WNOHANG) > 0 {}
    }

    /// Unmounts in reverse, writes FAT back, and has the file systems checked; unused blocks are given back.
    /// - Throws: `Failure` if something is not whole.
    public func unmount() throws(Failure) {
        endGuest()
        root.leave()
        for mount in mounts.reversed() where eps_unmount(mount, 0) != 0 { _ = eps_unmount(mount, 1) }
        for server in servers {
            var status: Int32 = 0
            while waitpid(server, &status, 0) < 0 && errno == EINTR {}
            guard eps_status_signal(status) == 0 else {
                throw Failure(
                    .refused, "fuse2fs was ended by \(String(cString: eps_signal_name(eps_status_signal(status))))")
            }
        }
        for fat in fats { try fat.writeBack() }
        for volume in request.volumes where volume.type != "vfat" {
            try Command.must(["e2fsck", "-fp", "\(Self.disk)?offset=\(volume.offset)"], allowing: [0, 1])
            try FreeBlocks.clear(volume, in: Self.disk, list: "free")
        }
    }
}
