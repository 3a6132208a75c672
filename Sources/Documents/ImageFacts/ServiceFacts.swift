/// What a guest starts: systemd.unit(5), and the rc links of SysV.
public struct ServiceFacts: Sendable, Equatable, Codable {
    /// Which /sbin/init it is: `systemd`, `sysvinit`, `openrc`, `busybox`; absent if there is none.
    public var manager: Fact<String>
    /// What default.target leads to: `multi-user.target`.
    public var defaultTarget: Fact<String>
    /// Every unit that has a file, and every name that leads to one, sorted by name.
    public var units: Fact<[ServiceUnit]>
    /// Scripts of /etc/init.d without a unit of their name.
    public var scripts: Fact<[InitScript]>

    enum CodingKeys: String, CodingKey {
        case manager, units, scripts
        case defaultTarget = "default_target"
    }

    public init(
        manager: Fact<String>, defaultTarget: Fact<String>, units: Fact<[ServiceUnit]>, scripts: Fact<[InitScript]>
    ) {
        (self.manager, self.defaultTarget, self.units, self.scripts) = (manager, defaultTarget, units, scripts)
    }

    /// The unit of that name (`sshd.service`; `.service` is added where there is no suffix) or, of an alias, the unit that it leads to.
    /// Absent if there is none.
    public func unit(_ name: String) -> Fact<ServiceUnit> {
        switch units {
        case .unknown(let why): return .unknown(why)
        case .absent(let evidence): return .absent(evidence)
        case .known(let all, _):
            let name = name.contains(".") ? name : name + ".service"
            guard let found = all.first(where: { $0.name == name || $0.aliases.contains(name) }) else {
                return .absent()
            }
            return .known(found, found.evidence)
        }
    }
}

public struct ServiceUnit: Sendable, Equatable, Codable {
    /// As `systemctl is-enabled` tells it; presets are not applied.
    public enum State: String, Sendable, Codable, CaseIterable {
        /// Links in a .wants or .requires folder of /etc, or an alias there, as its [Install] section asks for.
        case enabled
        /// The same in /run: gone after a reboot.
        case enabledRuntime = "enabled-runtime"
        /// It has an [Install] section and no links.
        case disabled
        /// It has no [Install] section: others start it, or nobody does.
        case `static`
        /// Its name leads to /dev/null: it never starts.
        case masked
        case maskedRuntime = "masked-runtime"
        /// Its [Install] section only has Also=, or another name leads to it that the section does not ask for.
        case indirect
        /// Its file lies outside of the unit path and is linked into it.
        case linked
        case linkedRuntime = "linked-runtime"
        /// The link leads nowhere, or the file can't be parsed.
        case bad
    }

    public var name: String
    public var state: State
    /// The file that decides, resolved; `/dev/null` of a masked one.
    public var path: String
    /// Other names that lead to it.
    public var aliases: [String]
    /// Units whose .wants or .requires folder holds it: `multi-user.target`.
    public var wantedBy: [String]
    /// Whether default.target comes to start it, by Wants=, Requires= and their folders, sockets, timers and paths included.
    public var starts: Bool
    /// Of a socket: what it listens on (`22`, `/run/x.sock`); of a service: addresses in its command line (`tcp://0.0.0.0:2375`).
    public var listens: [String]
    /// The links that enable or mask it, else its file.
    public var evidence: [Evidence]

    enum CodingKeys: String, CodingKey {
        case name, state, path, aliases, starts, listens, evidence
        case wantedBy = "wanted_by"
    }

    public init(
        name: String, state: State, path: String, aliases: [String] = [], wantedBy: [String] = [], starts: Bool = false,
        listens: [String] = [], evidence: [Evidence] = []
    ) {
        self.name = name
        self.state = state
        self.path = path
        self.aliases = aliases
        self.wantedBy = wantedBy
        self.starts = starts
        self.listens = listens
        self.evidence = evidence
    }

    public var isEnabled: Bool { state == .enabled || state == .enabledRuntime }
    public var isMasked: Bool { state == .masked || state == .maskedRuntime }
}

/// A script of SysV init.
public struct InitScript: Sendable, Equatable, Codable {
    public var name: String
    /// In which runlevels an S link starts it.
    public var runlevels: [String]
    public var evidence: [Evidence]

    public init(name: String, runlevels: [String], evidence: [Evidence]) {
        (self.name, self.runlevels, self.evidence) = (name, runlevels, evidence)
    }
}
