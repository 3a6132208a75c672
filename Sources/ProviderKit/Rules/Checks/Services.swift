import Documents

extension CheckSubject {
    /// Whether a unit, or a script of SysV's by that name, is started at boot; with where that is said.
    private func starts(_ name: String, _ services: ServiceFacts) throws(Unknown) -> (known: Bool, Bool, [Evidence]) {
        if let unit = try services.unit(name).get() {
            return (true, !unit.isMasked && (unit.starts || unit.isEnabled), unit.evidence)
        }
        let plain = name.hasSuffix(".service") ? String(name.dropLast(8)) : name
        if let script = try services.scripts.get()?.first(where: { $0.name == plain }) {
            let levels = script.runlevels.filter { ["2", "3", "4", "5", "S", "boot", "default"].contains($0) }
            return (true, !levels.isEmpty, script.evidence)
        }
        return (false, false, [])
    }

    func unitEnabled(anyOf names: [String]) throws(Unknown) -> Outcome {
        let services = try services
        var seen: [Evidence] = []
        var present: [String] = []
        for name in names {
            let (known, starts, places) = try starts(name, services)
            if starts { return .pass("\(name) starts at boot", places) }
            if known {
                seen += places
                present.append(name)
            }
        }
        let what =
            present.isEmpty ? "\(names.either) is not there" : "\(present.listed) does not start at boot"
        let unit = present.first ?? names.first
        return .fail(
            what, seen.isEmpty ? [Evidence("/etc/systemd/system")] : seen, unit.map { [.unitEnable([$0])] } ?? [])
    }

    func unitsEnabled(allOf names: [String]) throws(Unknown) -> Outcome {
        let services = try services
        var verdict = Verdict()
        var missing: [String] = []
        for name in names {
            let (_, starts, places) = try starts(name, services)
            guard !starts else { continue }
            missing.append(name)
            verdict.wrong(nil, places.isEmpty ? [Evidence("/etc/systemd/system", text: "no \(name)")] : places)
        }
        if !missing.isEmpty { verdict.wrong(nil, [], .unitEnable(missing)) }
        return verdict.outcome(
            pass: "\(names.listed) start at boot",
            fail: "\(missing.listed) \(missing.count == 1 ? "does" : "do") not start at boot")
    }

    func unitsDisabled(_ names: [String]) throws(Unknown) -> Outcome {
        let services = try services
        var verdict = Verdict()
        var running: [String] = []
        for name in names {
            let (_, starts, places) = try starts(name, services)
            guard starts else { continue }
            running.append(name)
            verdict.wrong(nil, places, nil)
        }
        if !running.isEmpty { verdict.wrong(nil, [], .unitDisable(running)) }
        return verdict.outcome(
            pass: "none of \(names.listed) starts at boot",
            fail: "\(running.listed) \(running.count == 1 ? "starts" : "start") at boot")
    }

    /// Packages by name; a name that ends in `*` is a beginning.
    private func installed(_ names: [String]) throws(Unknown) -> [(package: Package, places: [Evidence])] {
        let fact = try packageFacts.packages
        guard let packages = try fact.get() else { throw Unknown("the image has no database of packages") }
        return packages.filter { package in
            names.contains { name in
                name.hasSuffix("*") ? package.name.hasPrefix(name.dropLast()) : package.name == name
            }
        }.map { ($0, fact.evidence.prefix(1).map { Evidence($0.path) }) }
    }

    func package(anyOf names: [String]) throws(Unknown) -> Outcome {
        if let found = try installed(names).first {
            return .pass("\(found.package.name) \(found.package.version) is installed", found.places)
        }
        return .fail(
            "\(names.either) is not installed", facts.packages?.packages.evidence ?? [],
            names.first.map { [.packageInstall([$0])] } ?? [])
    }

    func noPackages(_ names: [String]) throws(Unknown) -> Outcome {
        let found = try installed(names)
        guard !found.isEmpty else { return .pass("none of \(names.listed) is installed") }
        return .fail(
            "\(found.map(\.package.name).listed) \(found.count == 1 ? "is" : "are") installed",
            found.map { found in
                Evidence(found.places.first?.path ?? "packages", text: "\(found.package.name) \(found.package.version)")
            },
            [.packageRemove(found.map(\.package.name))])
    }
}
