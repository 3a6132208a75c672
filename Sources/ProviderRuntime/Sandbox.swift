import CSystem

/// What the kernel enforces around a provider, and the words for what it cannot.
public enum Sandbox {
    /// What this kernel cannot enforce, one sentence each; empty if it can enforce all. For `provider doctor` and a
    /// run's header.
    public static func limits() -> [String] {
        var limits: [String] = []
        if eps_seccomp_available() == 0 {
            limits.append("no seccomp: a provider can start programs; what it starts is still ended with its job")
        }
        switch eps_landlock_abi() {
        case ..<1: limits.append("no Landlock: a provider can read and write what its user can")
        case ..<4: limits.append("Landlock before ABI 4: a provider can connect to any TCP port")
        case ..<6: limits.append("Landlock before ABI 6: a provider can signal its user's other processes")
        default: break
        }
        return limits
    }

    /// Libraries, certificates, name resolution and time zones: what any program needs in order to speak TLS with a
    /// peer.
    private static let system = [
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/etc/ld.so.cache",
        "/etc/ld.so.preload", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates", "/etc/crypto-policies", "/usr/share/crypto-policies", "/etc/resolv.conf",
        "/run/systemd/resolve", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services",
        "/etc/protocols", "/etc/localtime", "/usr/share/zoneinfo", "/usr/share/locale", "/sys/devices/system/cpu",
        "/dev/urandom", "/dev/random", "/dev/zero",
    ]

    /// Closes the sandbox around the calling thread, whatever it starts, and (system calls) all threads.
    /// - Returns: one sentence for each thing that was asked for and is not enforced.
    static func close(around job: Job) -> [String] {
        var missing = limits()
        if job.memoryLimit > 0, eps_limit_memory(job.memoryLimit) != 0 { missing.append("no limit of memory") }
        let abi = min(eps_landlock_abi(), 6)
        if abi > 0 {
            let status = restrictFiles(job, abi: abi)
            if status != 0 { missing.append("Landlock could not be enforced: \(errnoName(-status))") }
        }
        var isFiltered = false
        if job.filterSystemCalls {
            let status = eps_seccomp(job.refuseNetwork ? 1 : 0)
            isFiltered = status == 0
            if status != 0 {
                missing.append("the filter of system calls could not be installed: \(errnoName(-status))")
            }
        }
        // A provider that can start processes: the watcher must outlive the host for the moment that it takes to end them.
        if !isFiltered { _ = eps_die_with_parent(0) }
        return missing
    }

    /// Closes the sandbox around a process that needs nothing but the descriptors that it has: no file, network or program.
    /// - Parameter memory: bytes of address space.
    /// - Returns: one sentence for each thing that is not enforced.
    public static func close(memory: UInt64) -> [String] {
        var missing = limits()
        if eps_limit_memory(memory) != 0 { missing.append("no limit of memory") }
        let abi = min(eps_landlock_abi(), 6)
        if abi > 0 {
            let ruleset = eps_landlock_begin(abi, 0)
            let status = ruleset < 0 ? ruleset : eps_landlock_enforce(ruleset)
            if status != 0 { missing.append("Landlock could not be enforced: \(errnoName(-status))") }
        }
        let status = eps_seccomp(1)
        if status != 0 { missing.append("the filter of system calls could not be installed: \(errnoName(-status))") }
        return missing
    }

    /// libdispatch counts the runnable threads of its pool in /proc/TID/stat and ends a process that cannot read there. No
    /// name can be listed, and what is another process's own (environment, memory, descriptors) stays closed: that takes
    /// the right to trace it, which Landlock refuses outside its domain.
    private static let processes = "/proc"

    private static func restrictFiles(_ job: Job, abi: Int32) -> Int32 {
        let ruleset = eps_landlock_begin(abi, job.ports.contains(0) ? 1 : 0)
        guard ruleset >= 0 else { return ruleset }
        let folder = job.libraryPath.lastIndex(of: "/").map { String(job.libraryPath[..<$0]) } ?? "."
        // A path that is not there grants nothing: that is no error.
        for path in system + [folder] + job.readableFiles { _ = eps_landlock_path(ruleset, abi, path, 0) }
        _ = eps_landlock_path(ruleset, abi, processes, 2)
        for path in job.writableDirectories + ["/dev/null"] { _ = eps_landlock_path(ruleset, abi, path, 1) }
        if abi >= 4, !job.refuseNetwork {
            for port in job.ports where port > 0 { _ = eps_landlock_port(ruleset, UInt16(truncatingIfNeeded: port)) }
        }
        return eps_landlock_enforce(ruleset)
    }
}
