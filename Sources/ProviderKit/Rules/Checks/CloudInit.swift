import Documents

extension CheckSubject {
    func cloudInit(from least: String?) throws(Unknown) -> Outcome {
        let cloudInit = try cloudInit
        guard try cloudInit.program.get() != nil else {
            return .fail("cloud-init is not installed", cloudInit.program.evidence, [.packageInstall(["cloud-init"])])
        }
        var verdict = Verdict()
        if let switchedOff = verdict.value(cloudInit.disabled) {
            let path = "/etc/cloud/cloud-init.disabled"
            let places = cloudInit.disabled.places(or: switchedOff)
            verdict.wrong(
                "cloud-init is switched off by \(switchedOff)", places,
                places.contains { $0.path == path } ? .fileRemove(path) : .byHand("remove \(switchedOff)"))
        }
        if let policy = verdict.value(cloudInit.detectionPolicy), policy.split(separator: ",").first == "disabled" {
            verdict.wrong(
                "cloud-init is switched off by ds-identify, whose policy is disabled",
                cloudInit.detectionPolicy.places(or: "/etc/cloud/ds-identify.cfg"),
                .byHand("remove the policy from /etc/cloud/ds-identify.cfg and from the kernel's command line"))
        }
        if let damaged = cloudInit.damaged.first(where: { $0.path == "/etc/cloud/cloud.cfg" }) {
            verdict.wrong(
                "cloud-init can't read its configuration", [damaged], .byHand("mend \(damaged.path)"))
        }
        if let stages = verdict.value(cloudInit.stages) {
            let off = stages.filter { !$0.isEnabled }
            if stages.isEmpty {
                verdict.wrong("the units of cloud-init are not there", [], .packageInstall(["cloud-init"]))
            } else if !off.isEmpty {
                verdict.wrong(
                    "cloud-init does not start: \(off.map(\.unit).listed)", off.flatMap(\.evidence),
                    .unitEnable(off.map(\.unit)))
            }
        }
        keyModules(&verdict)
        if let least, let version = verdict.value(cloudInit.version), Version(version) < Version(least) {
            verdict.wrong(
                "cloud-init is \(version), older than \(least)", cloudInit.version.evidence,
                .byHand("install cloud-init from \(least) on"))
        } else if least != nil, case .absent = cloudInit.version {
            verdict.unknown("the version of cloud-init is not told")
        }
        return verdict.outcome(pass: "cloud-init \(cloudInit.version.value ?? "") starts at boot")
    }

    /// Without these no account is made, and no key or password is put into one.
    private func keyModules(_ verdict: inout Verdict) {
        verdict.trying { verdict throws(Unknown) in
            let cloudInit = try cloudInit
            let modules = try cloudInit.modules.get() ?? []
            let missing = ["users_groups", "ssh"].filter { !modules.contains($0) }
            guard !missing.isEmpty else { return }
            verdict.wrong(
                "cloud-init does not run \(missing.listed): no account gets a key",
                cloudInit.modules.places(or: "/etc/cloud/cloud.cfg"),
                .byHand("add \(missing.listed) to cloud_init_modules"))
        }
    }

    func cloudInitSource(anyOf names: [String]) throws(Unknown) -> Outcome {
        let cloudInit = try cloudInit
        guard try cloudInit.program.get() != nil else { throw Unknown("cloud-init is not installed") }
        // What ds-identify is told to take, it takes without a look at the list.
        if let one = try cloudInit.detectionDatasource.get(), !one.isEmpty,
            !names.contains(where: { $0.lowercased() == one.lowercased() })
        {
            return .fail(
                "cloud-init takes \(one) for its data source without a look",
                cloudInit.detectionDatasource.places(or: "/etc/cloud/ds-identify.cfg"),
                [.byHand("remove the data source from /etc/cloud/ds-identify.cfg and from the kernel's command line")])
        }
        guard let list = try cloudInit.datasources.get() else { return .pass("cloud-init tries every data source") }
        let asked = list.filter { entry in names.contains { $0.lowercased() == entry.lowercased() } }
        guard !asked.isEmpty else {
            return .fail(
                "cloud-init does not ask \(names.either)", cloudInit.datasources.places(or: "/etc/cloud/cloud.cfg"),
                [
                    .cloudInitSet(
                        "datasource_list", .array((list.filter { $0 != "None" } + names + ["None"]).map { .string($0) })
                    )
                ])
        }
        return .pass("cloud-init asks \(asked.listed)", cloudInit.datasources.evidence)
    }

    func cloudInitSetting(_ path: String, _ expected: Expected) throws(Unknown) -> Outcome {
        let cloudInit = try cloudInit
        guard try cloudInit.program.get() != nil else { return .pass("cloud-init is not installed") }
        let fact = try value(of: path, cloudInit)
        let value = try fact.get()
        let places = fact.evidence.isEmpty ? cloudInit.places[path].map { [$0] } ?? [] : fact.evidence
        guard expected.fits(value) else {
            let what = value.map { "is \($0)" } ?? "is not set"
            return .fail(
                "\(path) of cloud-init \(what), and has to be \(expected.words)",
                places.isEmpty ? [Evidence("/etc/cloud/cloud.cfg")] : places,
                expected.example.map { [.cloudInitSet(path, $0.asCloudInitValue)] } ?? [])
        }
        return .pass("\(path) of cloud-init is \(value ?? "not set")", places)
    }

    private func value(of path: String, _ facts: CloudInitFacts) throws(Unknown) -> Fact<String> {
        func user(_ value: (CloudInitUser) -> String?) -> Fact<String> {
            switch facts.users {
            case .unknown(let why): .unknown(why)
            case .absent(let places): .absent(places)
            case .known(let users, let places):
                users.first(where: \.isDefault).flatMap(value).map { .known($0, places) } ?? .absent(places)
            }
        }
        switch path {
        case "disable_root": return facts.disableRoot.map(String.init)
        case "ssh_pwauth": return facts.sshPasswords
        case "growpart.mode": return facts.growMode
        case "resize_rootfs": return facts.resizeRoot
        case "preserve_hostname": return facts.preserveHostname.map(String.init)
        case "manage_etc_hosts": return facts.manageHosts
        case "ssh_deletekeys": return facts.deletesHostKeys.map(String.init)
        case "system_info.distro": return facts.distribution
        case "system_info.default_user.name": return user(\.name)
        case "system_info.default_user.lock_passwd": return user { String($0.locksPassword) }
        default: throw Unknown("the setting \(path) of cloud-init is not read")
        }
    }

    func cloudInitPasswords() throws(Unknown) -> Outcome {
        let cloudInit = try cloudInit
        let lines = try cloudInit.passwords.get() ?? []
        guard lines.isEmpty else {
            return .fail(
                "cloud-init would set a password that is in the image", lines,
                [.byHand("remove the password from \(lines.map(\.path).listed)")])
        }
        return .pass("the configuration of cloud-init holds no password")
    }

    func noCloudInitSeeds() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let seeds = try cloudInit.seeds
        if let found = verdict.value(seeds), !found.isEmpty {
            verdict.wrong(
                "cloud-init would take \(found.listed) for the data of its instance",
                seeds.evidence.isEmpty ? found.map { Evidence($0) } : seeds.evidence, .identityReset([.cloudInit]))
        }
        // Whatever has such a label is read as a disk that a cloud attached (docs.cloud-init.io, "NoCloud", "Config drive").
        for volume in facts.mounts?.volumes.value ?? [] {
            guard let label = volume.label.value, ["cidata", "config-2"].contains(label.lowercased()) else { continue }
            let place = Evidence(volume.partition.map { "partition \($0)" } ?? "the disk", text: "label \(label)")
            verdict.wrong(
                "cloud-init would take the file system \(label) for the data of its instance", [place],
                .byHand("give the file system another label, or remove it"))
        }
        return verdict.outcome(pass: "no seed of cloud-init is in the image")
    }

    func cloudInitModules(allOf names: [String]) throws(Unknown) -> Outcome {
        let cloudInit = try cloudInit
        guard try cloudInit.program.get() != nil else { throw Unknown("cloud-init is not installed") }
        let modules = try cloudInit.modules.get(or: "cloud-init's modules are not listed")
        let missing = names.filter { name in !modules.contains(String(name.map { $0 == "-" ? "_" : $0 })) }
        guard missing.isEmpty else {
            return .fail(
                "cloud-init does not run \(missing.listed)", cloudInit.modules.places(or: "/etc/cloud/cloud.cfg"),
                [.byHand("add \(missing.listed) to cloud_init_modules")])
        }
        return .pass("cloud-init runs \(names.listed)")
    }

    /// The user that cloud-init makes for the cloud's keys, if it may become root.
    func defaultUserWithSudo() throws(Unknown) -> String? {
        let cloudInit = try cloudInit
        guard try cloudInit.program.get() != nil else { return nil }
        let users = try cloudInit.users.get() ?? []
        return users.first { $0.isDefault && $0.sudo.contains { $0.contains("ALL") } }?.name
    }
}

extension Fact {
    func map<Other: Sendable & Codable & Equatable>(_ body: (Value) -> Other) -> Fact<Other> {
        switch self {
        case .known(let value, let places): .known(body(value), places)
        case .absent(let places): .absent(places)
        case .unknown(let why): .unknown(why)
        }
    }
}

extension String {
    /// `true` and `false` are no texts in cloud-init's YAML.
    fileprivate var asCloudInitValue: JSON {
        switch self {
        case "true": true
        case "false": false
        default: .string(self)
        }
    }
}
